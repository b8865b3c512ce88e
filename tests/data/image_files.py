"""Write and encode small images of one colour."""

import io

from PIL import Image


def save_image(path, size=(8, 6), colour=(200, 30, 30), **options):
    """Write an image of (width, height) pixels and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def encode_png(colour=(1, 2, 3), size=(4, 4)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()
