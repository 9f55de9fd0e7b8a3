"""Contributions of single bases to the score of a model.

``ism``             `mutation_effects`: the effect of every substitution on the score (in-silico mutagenesis)
``indels``          `indel_effects`: the effects of deletions and insertions of one base
``local_network``   a network that recomputes only the positions affected by a mutation; layers: ``local_layers``,
                    ``local_linear`` (convolutions, dense layers) and ``local_pools``
``attributions``    `attribute`: contributions of the bases, by any method
``propagation``     gradients and DeepLIFT; ``rules``: DeepLIFT's rule for each layer
``contributions``   `Attributions`: the contributions, their plots and files (``sites_below``, ``attribution_files``)
``kmer_effects``    effects of substitutions on the k-mer regression
"""
