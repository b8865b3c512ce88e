"""The neighbour graph, the embeddings computed from it (UMAP, t-SNE, PCA), and the quality of a map."""
