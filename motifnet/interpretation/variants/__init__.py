"""Effects of variants: scores of a model for each allele, in windows of a genome or in pairs of sequences.

``variant_spec``    options
``alleles``         trimmed alleles and their flanks; windows of the model's length
``genome_alleles``  alleles of a VCF file in a genome; ``skipped``: alleles without an effect
``sequence_pairs``  alleles of pairs of sequences; short ones in shuffled flanks
``effects``         scores of both alleles, in blocks
``mean_scores``     the mean over several models
``null_effects``    p- and q-values from the same kind of changes in shuffled sequences
``motif_changes``   the motif whose site changes most
``variant_table``   `variant_effects`: the table
``saturation``      all substitutions in a region; ``heat_maps``: figures of their effects
``strongest``       the largest effects, kept while all alleles are scored
``aligned_alleles`` contributions to both alleles, aligned; ``variant_plot``: `plot_variant`
``effect_files``    the table, or the VCF file with effects in INFO
"""
