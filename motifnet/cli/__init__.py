"""The command line: each command reads, makes one API call, writes, and prints one summary."""
