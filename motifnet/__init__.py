"""motifnet"""
