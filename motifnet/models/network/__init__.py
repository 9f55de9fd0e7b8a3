"""Network architecture: specifications, presets, and the Keras model built from them."""
