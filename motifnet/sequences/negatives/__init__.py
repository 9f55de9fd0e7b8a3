"""Negative sequences: shuffled positives, or sequences with matched GC content."""
