"""What the commands of the queue print: of a rehearsal, of a search for crashes, of one simulation."""
