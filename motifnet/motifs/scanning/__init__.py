"""Motifs against sequences: scores, p-values, hits."""
