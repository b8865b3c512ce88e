"""Published figures, claims and results, each compared with what this project's finished runs measured."""
