"""The method: masks, moments of embeddings over masks, and weighted regressions. Tensors only: no image, no widget."""
