"""Training: the loop, losses, initialization, fine-tuning and hyperparameter search."""
