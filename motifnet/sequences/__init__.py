"""What comes in: letters, codes and one-hot, sets of sequences with labels, FASTA, shuffles and honest splits."""
