"""The HTML report of a folder of results."""
