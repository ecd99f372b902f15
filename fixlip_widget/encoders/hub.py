"""The model hub, or the lack of it."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError

PATIENCE = 5.0  # seconds


def is_reachable() -> bool:
    """Whether the hub answers at all."""
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except OSError as error:
        # A certificate is an answer; the hub's own client may know the one that this interpreter does not.
        return isinstance(getattr(error, "reason", None), ssl.SSLError)
    return True


@contextmanager
def hub_or_cache(*, wanted: bool = True) -> Iterator[bool]:
    """Where the hub is not wanted or cannot be reached, only what is on disk is looked for, and failure is quick.

    Left alone, its client tries again for minutes. Gives whether the hub is wanted and out of reach.
    """
    before = constants.HF_HUB_OFFLINE
    out_of_reach = wanted and (before or not is_reachable())
    constants.HF_HUB_OFFLINE = before or not wanted or out_of_reach
    try:
        yield out_of_reach
    finally:
        constants.HF_HUB_OFFLINE = before


def reason_of(error: Exception, out_of_reach: bool) -> str:
    """Why something could not be loaded, in half a sentence."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, RepositoryNotFoundError) for cause in causes):
        return "the hub shows no such model"
    if out_of_reach and any(isinstance(cause, LocalEntryNotFoundError) for cause in causes):
        return "the model hub cannot be reached"
    said = re.split(r"(?<=[.!?])\s|\n", str(error).strip())[0].rstrip(".")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
