"""Why this network, why this sequence: what a trained model learned, told with the motifs and their sites."""
