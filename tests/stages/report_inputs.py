"""Small inputs of the stages evaluate and report, and a parser of the pages they lead to."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from pipeline.artifacts import Clustering, Features, Images, Labels, Latents, Map, Scores
from pipeline.clustering import metrics
from pipeline.config import Report
from pipeline.models.baselines import PixelModel

CONFIG = Report(thumbnails=6, reconstructions=3, examples=2, dpi=30, seed=3)


def report_inputs(n=60, k=3, held_out=9, shape=(5, 7, 1), labelled=True):
    """Return the arguments of `report` by name: k groups of images, with a perfect clustering."""
    rng = np.random.default_rng(0)
    groups = np.sort(rng.permutation(np.arange(n) % k)).astype(np.int32)
    prototypes = rng.random((k, *shape))
    pixels = np.clip(prototypes[groups] + rng.normal(0, 0.05, (n, *shape)), 0, 1).astype(np.float32)
    classes = np.where(labelled, groups, -1).astype(np.int32)
    labels = Labels(classes, classes[:held_out], [f"kind {i}" for i in range(k)])
    flat = pixels.reshape(n, -1)
    latents = Latents(flat, flat[:held_out], list(shape))
    centres = np.stack([flat[groups == group].mean(axis=0) for group in range(k)])
    confidence = np.linspace(0, 1, n, dtype=np.float32)
    clustering = Clustering(
        groups, groups[:held_out], confidence, confidence[:held_out], centres, "kmeans", scores={"inertia": 5.0}
    )
    return {
        "config": CONFIG,
        "images": Images(pixels, pixels[:held_out], "train", "blobs <b>"),
        "labels": labels,
        "autoencoder": PixelModel(shape),
        "latents": latents,
        "features": Features(flat, flat[:held_out], "latents"),
        "clustering": clustering,
        "map": Map(flat[:, :2], flat[:held_out, :2], "pca"),
        "scores": report_scores(labels, clustering),
    }


def report_scores(labels, clustering):
    """Return the scores of a clustering against labels, and fixed scores of the map."""
    values = {"k": float(clustering.k), "map/trustworthiness": 0.97, "map/neighbors_kept": 0.4}
    if not labels.has_labels:
        sizes = [{"cluster": i, "size": int(n)} for i, n in enumerate(np.bincount(clustering.fitted + 1)[1:])]
        return Scores(values, sizes, np.zeros((0, 0), np.int64), [], ["no labels: some scores are omitted"])
    for part in ("fitted", "held_out"):
        scores = metrics.score_clustering(getattr(labels, part), getattr(clustering, part))
        values |= {f"{'train' if part == 'fitted' else 'test'}/{name}": value for name, value in scores.items()}
    table = metrics.contingency_matrix(labels.fitted, clustering.fitted)
    columns = [*table.clusters.tolist(), *([-1] if table.noise.any() else [])]
    return Scores(values, metrics.per_cluster(table), table.counts_with_noise, columns)


def replace_clusters(inputs, clusters, **changes):
    """Return the same inputs with other clusters of the fitted images."""
    k = int(clusters.max()) + 1
    centres = np.zeros((k, inputs["latents"].fitted.shape[1]), np.float32)
    clustering = replace(inputs["clustering"], fitted=clusters.astype(np.int32), centres=centres, **changes)
    return inputs | {"clustering": clustering, "scores": report_scores(inputs["labels"], clustering)}


class ParsedPage(HTMLParser):
    """Addresses that a page loads, its links, images, ids, tags, and its text with single spaces."""

    def __init__(self, html):
        super().__init__()
        self.sources, self.links, self.images, self.ids, self.tags, self.text = [], [], [], [], [], ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "img":
            self.images.append(attributes)
        if tag == "a":
            self.links.append(attributes["href"])
        self.sources += [attributes[name] for name in ("src", "srcset", "data", "poster") if name in attributes]

    def handle_data(self, data):
        self.text += f" {data}"
