"""Where on this machine an address of artifacts leads."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname


def local_path(address: str) -> Path | None:
    """Return the path of an address `file:…`; None for any other, such as that of a server's artifacts."""
    return Path(url2pathname(urlparse(address).path)) if address.startswith("file:") else None
