"""Unsupervised refinement of a trained encoder: DEC, IDEC, DCEC and self-training."""
