"""Time and memory of the pipeline against the number of images: `python -m tests.benchmarks.growth`."""
