"""Simulated sequences with planted motifs."""
