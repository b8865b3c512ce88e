"""The recipe and its execution: fingerprints, finished runs, and actions on finished runs."""
