"""Encoders that were trained elsewhere: a bundled network, Keras and ONNX files, and those of keras.applications."""
