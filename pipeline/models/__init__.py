"""Autoencoders: built from layer tables, trained, saved; and the null models that they must beat."""
