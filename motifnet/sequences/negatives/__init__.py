"""Negative sequences: shuffled positives, or sequences matched in GC content."""
