"""Autoencoders built from layer tables, their training and storage, and baselines to compare them with."""
