"""Refinement of a trained encoder: its codes are drawn towards clusters that they form already, without a label."""
