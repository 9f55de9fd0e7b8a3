"""What comes out: motifs, their sites and their files. Arrays and sequences, never Keras."""
