"""A trained model together with its motifs: reading motifs off a model, importance, tables."""
