"""Statistics of motifs in labelled sequences.

``occurrences``     `Occurrences`: the best site of each motif in each sequence, found once; histograms of scores
``thresholds``      thresholds and directions of motifs, from training sequences
``enrichment``      p-, E- and q-values on held-out sequences
``positions``       positions in the sequences, centrality, motifs per sequence
``pairs``           motifs that occur together, and their spacing
``contrast``        labels of any kind as two classes
"""
