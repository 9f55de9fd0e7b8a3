"""The tables of a motif report."""
