"""Statistics of motif occurrences: thresholds, enrichment, positions, pairs."""
