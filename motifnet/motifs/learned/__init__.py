"""From filters to motifs: sites, extraction, clustering, refinement."""
