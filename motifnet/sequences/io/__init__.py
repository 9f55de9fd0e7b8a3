"""Reading and writing sequences, genomic intervals, genomes and labels."""
