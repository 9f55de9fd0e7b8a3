"""Splits into training, validation and test; related sequences stay together."""
