"""Two finished runs side by side: scores, how clusters map onto each other, and which images moved."""
