"""Motif file formats, one module per format with ``read(handle)`` and ``write(motifs, handle)``."""
