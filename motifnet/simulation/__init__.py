"""Sequences with planted motifs, and the truth beside them: backgrounds, planting, named scenarios."""
