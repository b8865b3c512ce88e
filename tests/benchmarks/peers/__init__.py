"""How well this project clusters beside ClustPy's deep clusterings: the same images, the same machine, the same k."""
