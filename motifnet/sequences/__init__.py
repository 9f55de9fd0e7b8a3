"""Sequences and labels: letters, codes, one-hot, k-mers, datasets, splits, negatives, data checks."""
