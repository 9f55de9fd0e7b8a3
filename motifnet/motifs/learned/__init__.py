"""Motifs that a network has learned, in the order of the computation.

``sites``           where a filter's sites are decided: windows of sequences by a rule for its pre-activation
``extraction``      the sites of each filter, counted: `MotifInstances` (with `frame_alignment` after max-pools)
``clustering``      families of similar motifs (with `mixture` for families of two motifs), and their refinement
``refinement``      motifs that separate the classes of training sequences better
``complements``     motifs that add to these, from what they do not explain
"""
