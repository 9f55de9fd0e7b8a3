"""Statistics of motif occurrences: enrichment, positions, pairs."""
