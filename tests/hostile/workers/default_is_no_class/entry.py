"""Default is text."""

Default = "GO"
