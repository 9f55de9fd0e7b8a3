"""What a model has learned: motifs, and the bases that matter.

``readout``         `find_motifs`: motifs in order, with thresholds, directions and sites; which sequences decide what
``importance``      loss of accuracy without groups of filters (`resampling`: bootstrap intervals)
``tables``          `MotifTables`: the results as tables, and their files
``attribution``     which bases a prediction depends on: in-silico mutagenesis
``marginalization`` effect of a planted motif on the score; ``spacing``, ``spacing_plot``: interactions of two motifs
``variants``        what variants of a VCF file, or pairs of sequences, change in the score
``data_summary``    numbers, lengths and composition of the sequences
"""
