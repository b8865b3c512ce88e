"""The names of the stages, in their order, with a line on what each does."""

STAGES: dict[str, str] = {
    "data": "read the images (and labels, kept for scoring)",
    "train": "train the autoencoder",
    "refine": "train its encoder on towards clusters (none, DEC, IDEC or DCEC)",
    "extract": "encode the images into latents",
    "neighbors": "find each image's nearest neighbours in the latent space, once for all",
    "manifold": "unroll the latents for clustering (UMAP in several dimensions, PCA, or none)",
    "cluster": "cluster, and assign the held-out images",
    "nulls": "cluster a sample by its pixels, PCA, latents and manifold, all alike, to see what each adds",
    "project": "draw the two-dimensional map (UMAP, t-SNE or PCA)",
    "evaluate": "score against labels where known, and without them",
    "report": "write report.html and the figures",
    "explorer": "write explorer.html, a page to walk through the images, and images.parquet if asked",
}

ON_DEMAND: dict[str, str] = {
    "assign": "put new images into the clusters of a finished run: input=FOLDER_OR_FILE",
    "label": "label all images from a few: pick them, make a page for them, spread the answers",
    "compare": "set two finished runs side by side: runs=[A,B]",
    "stability": "repeat a finished run with other seeds: which clusters stay, and from where they vary",
    "shards": "put very many images into its clusters, a file at a time, here or on a Ray cluster: input=FOLDER",
    "how_many": "ask five indices how many clusters a finished run's features have",
}
"""Stages that use a finished run, the newest or run=ID; no part of stage=all."""
