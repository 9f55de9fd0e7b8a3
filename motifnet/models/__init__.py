"""Networks: specification, training, evaluation, storage and the k-mer regression."""
