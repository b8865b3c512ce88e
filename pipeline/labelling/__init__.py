"""Labels for all images from a few that a person gave: pick, ask, spread, and a simulated person to measure it."""
