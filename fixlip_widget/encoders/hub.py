"""The model hub, or the lack of it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants

PATIENCE = 5.0  # seconds


def is_reachable() -> bool:
    """Whether the hub answers at all."""
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def hub_or_cache(*, wanted: bool = True) -> Iterator[None]:
    """Where the hub is not wanted or cannot be reached, only what is on disk is looked for, and failure is quick.

    Left alone, its client tries again for minutes.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not wanted or not is_reachable()
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
