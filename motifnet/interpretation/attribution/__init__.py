"""Which bases of a sequence a prediction depends on.

``ism``             `mutation_effects`: the effect of every substitution on the score (in-silico mutagenesis)
``local_network``   a network that recomputes only what a mutation reaches; its layers are in ``local_layers``
``kmer_effects``    effects of substitutions on the k-mer regression
"""
