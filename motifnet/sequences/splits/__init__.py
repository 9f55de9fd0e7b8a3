"""Training, validation and test sequences; related sequences stay in one part."""
