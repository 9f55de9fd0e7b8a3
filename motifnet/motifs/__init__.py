"""Motifs: matrices, files, learned motifs, scanning, known motifs and statistics. Never imports TensorFlow."""
