"""The commands: each parses options, makes one API call, writes the results and prints a summary."""
