"""Sequences and labels: reading, one-hot encoding, k-mers, datasets, splits, negatives, data checks."""
