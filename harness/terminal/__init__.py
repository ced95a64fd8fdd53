"""What every command does alike: numbers are read, work is supervised, progress and results are written."""
