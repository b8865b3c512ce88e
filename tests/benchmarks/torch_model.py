"""The default 64-d autoencoder in PyTorch, layer by layer."""

from __future__ import annotations

from torch import nn


def torch_autoencoder() -> nn.Sequential:
    """Return encoder and decoder for 28×28 grey images, whose sides patches of 4×4 divide."""
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 4),
        nn.ReLU(),
        nn.Conv2d(64, 64, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(7 * 7 * 64, 64),
        nn.BatchNorm1d(64, eps=1e-3, momentum=0.05, affine=False),
        nn.Linear(64, 7 * 7 * 64),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.Conv2d(64, 64, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 4),
        nn.Sigmoid(),
    )
