"""Motif file formats, one module each with ``read(handle)`` and ``write(motifs, handle)``."""
