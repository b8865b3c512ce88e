"""The names of the stages, in their order, with a line on what each does."""

STAGES: dict[str, str] = {
    "data": "read the images (and labels, kept for scoring)",
    "train": "train the autoencoder",
    "extract": "encode the images into latents",
    "neighbors": "find each image's nearest neighbours in the latent space, once for all",
    "manifold": "unroll the latents for clustering (UMAP in several dimensions, PCA, or none)",
    "cluster": "cluster, and assign the held-out images",
    "project": "draw the two-dimensional map (UMAP, t-SNE or PCA)",
    "evaluate": "score against labels where known, and without them",
    "report": "write report.html and the figures",
    "explorer": "write explorer.html, a page to walk through the images, and images.parquet if asked",
}
