"""The default 64-d autoencoder in PyTorch, layer by layer."""

from __future__ import annotations

from torch import nn


def torch_autoencoder() -> nn.Sequential:
    """Return encoder and decoder for 28×28 grey images; kernels of 2 with stride 2 need no padding at this size."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 2, 2),
        nn.ReLU(),
        nn.Conv2d(32, 64, 2, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(7 * 7 * 64, 64),
        nn.BatchNorm1d(64, eps=1e-3, momentum=0.05, affine=False),
        nn.Linear(64, 7 * 7 * 64),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 2, 2),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 2, 2),
        nn.Sigmoid(),
    )
