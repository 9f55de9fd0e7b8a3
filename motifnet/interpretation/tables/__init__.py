"""Tables of the motifs of a model.

``columns``         the columns of each table, and a reader that checks them
``motif_tables``    `tabulate_motifs` makes all tables, `MotifTables` holds, reads and writes them
``motif_table``     motifs.tsv: one row per motif, with results of the other tables
``site_tables``     sites.tsv, sites.bed, examples.tsv
``filter_tables``   filters.tsv, importance.tsv
``pair_spacing``    spacing.tsv

Tables of statistics are made in `motifs.statistics`, matches.tsv in `motifs.known.comparison`.
"""
