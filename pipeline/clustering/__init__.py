"""Fitting clusterers, selecting between fits, assigning new points, and scoring clusterings."""
