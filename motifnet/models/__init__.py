"""What learns: specifications, the network builder, training, evaluation and the trained model."""
