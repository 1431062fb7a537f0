"""A program written as a file that runs without this package: C, Python, ONNX."""
