"""One file per stage, one public function each, named as the stage is.

A stage takes its own slice of the configuration and the artifacts it needs, and returns an artifact. It knows
nothing of Hydra, MLflow, clocks or files, so it can be called from a notebook.
"""
