"""A module or a folder for each stage, with one public function that has the name of the stage.

A stage takes its own slice of the configuration and the artifacts that it needs, and returns an artifact. It knows
nothing of Hydra and MLflow, so it can be called from a notebook.
"""
