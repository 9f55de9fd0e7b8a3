"""Motifs of a trained model.

``readout``         `find_motifs`: motifs in order, with thresholds, directions and sites; which sequences decide what
``importance``      loss of accuracy without groups of filters (`resampling`: bootstrap intervals)
``tables``          `MotifTables`: the results as tables, and their files
``data_summary``    numbers, lengths and composition of the sequences
"""
