"""Train a convolutional autoencoder, cluster its bottleneck, draw it, score it, keep every run in MLflow."""

__version__ = "0.1.0"
