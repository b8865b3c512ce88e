"""Accuracy compared with ClustPy's deep clustering methods on the same images, the same machine and the same k."""
