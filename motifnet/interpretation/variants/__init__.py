"""What a variant changes: the score of a model for each allele, in windows of a genome or in pairs of sequences.

``variant_spec``    options
``alleles``         trimmed alleles and their flanks; windows of the model's length
``genome_alleles``  alleles of a VCF file in a genome, and which are skipped (``skipped``)
``sequence_pairs``  alleles of pairs of sequences, in shuffled flanks where these are short
``effects``         scores of both alleles, in blocks
``null_effects``    p- and q-values from changes of the same kind in shuffled sequences
``motif_changes``   which motif site changes most
``variant_table``   `variant_effects`: the table
``effect_files``    the table, or the VCF file with effects in INFO
"""
