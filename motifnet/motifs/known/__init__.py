"""Known motifs: the JASPAR databases, Tomtom comparison, enrichment."""
