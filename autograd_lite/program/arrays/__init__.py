"""Programs on the arrays of other libraries: PyTorch, JAX and their like as they are, Dask a chunk at a time."""
