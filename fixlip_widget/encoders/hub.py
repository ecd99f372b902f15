"""The model hub, or the lack of it."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
from torch import nn

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


def card_of(name: str, model: nn.Module, *, patches: str, positions: int, licence: str | None) -> str:
    """Name, size, patches, text positions, and the licence where it is known."""
    size = sum(parameter.numel() for parameter in model.parameters())
    said = f"{size / 1e6:.0f} M" if size >= 1e6 else f"{size / 1e3:.0f} k"
    facts = [f"{said} parameters", f"{patches} patches", f"{positions} text positions"]
    return f"{name}: {', '.join([*facts, *([f'licence {licence}'] if licence else [])])}"


def licence_of(source: str) -> str | None:
    """The licence that the model card of a folder or a repository names, if there is one to be had."""
    try:
        page = Path(source) / "README.md" if Path(source).is_dir() else Path(hf_hub_download(source, "README.md"))
        text = page.read_text(encoding="utf-8")
    except (HfHubHTTPError, OSError, ValueError):  # no card, no hub, or no repository's name
        return None
    # The head of a model card is YAML between two lines of dashes.
    head = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    named = re.search(r"^license: *(\S+)", head[1], re.MULTILINE) if head else None
    return named[1] if named else None
