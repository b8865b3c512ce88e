"""Readers of image sets, and the bundled MNIST."""
