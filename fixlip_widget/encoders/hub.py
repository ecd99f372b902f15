"""The Hugging Face hub: whether it can be reached, why a download failed, and what a model card says."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import ModelCard, constants
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
from torch import nn
from yaml import YAMLError

from fixlip_widget.errors import InputError

TIMEOUT_S = 5.0


def is_reachable() -> bool:
    """Whether the hub answers at all."""
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError:
        return True
    except OSError as error:
        # An untrusted certificate is an answer too; the client of the hub may have another certificate store.
        return isinstance(getattr(error, "reason", None), ssl.SSLError)
    return True


@contextmanager
def hub_or_cache(*, needed: bool = True) -> Iterator[bool]:
    """A context in which only cached files are used where the hub is not needed or out of reach.

    The client of the hub retries for minutes otherwise. Yields whether the hub is needed and out of reach.
    """
    before = constants.HF_HUB_OFFLINE
    out_of_reach = needed and (before or not is_reachable())
    constants.HF_HUB_OFFLINE = before or not needed or out_of_reach
    try:
        yield out_of_reach
    finally:
        constants.HF_HUB_OFFLINE = before


def check_folder(name: str) -> None:
    """Raise InputError for what can be neither a repository of the hub, OWNER/NAME, nor a folder that exists."""
    path = Path(name)
    if path.is_file():
        raise InputError(f"{name} is a file, not a folder; give the folder of the model.")
    is_path = path.is_absolute() or name.startswith((".", "~")) or name.endswith("/") or "\\" in name
    if (is_path or name.count("/") > 1) and not path.is_dir():
        raise InputError(f"There is no folder {name}; check the path.")


def own_code_error(name: str) -> InputError:
    """The refusal of a model that cannot be loaded without running Python code that comes with it."""
    return InputError(
        f"{name} needs code of its own to run, which is refused; use a model that transformers or open_clip has "
        "itself, or load its weights into one with pretrained=."
    )


def needs_own_code(error: BaseException) -> bool:
    """Whether transformers refused to run the code of a repository."""
    causes = _causes(error)
    return any(isinstance(cause, ValueError) and "custom code" in str(cause) for cause in causes)


def _causes(error: BaseException) -> list[BaseException]:
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    return causes


def reason_of(error: Exception, out_of_reach: bool) -> str:
    """Why something could not be loaded, as part of a sentence."""
    causes = _causes(error)
    if any(isinstance(cause, RepositoryNotFoundError) for cause in causes):
        return "the hub shows no such model"
    if out_of_reach and any(isinstance(cause, LocalEntryNotFoundError) for cause in causes):
        return "the model hub cannot be reached"
    first_sentence = re.split(r"(?<=[.!?])\s|\n", str(error).strip())[0].rstrip(".")
    return f"{type(error).__name__}: {first_sentence}" if first_sentence else type(error).__name__


def model_card_line(
    name: str,
    model: nn.Module,
    *,
    patches: str,
    positions: int,
    license_name: str | None,
    facts: Iterable[str] = (),
) -> str:
    """Name, parameters, patches, text positions, other facts, and the licence where it is known, in one line."""
    size = sum(parameter.numel() for parameter in model.parameters())
    parameters = f"{size / 1e6:.0f} M" if size >= 1e6 else f"{size / 1e3:.0f} k"
    sizes = f"{parameters} parameters", f"{patches} patches", f"{positions} text positions"
    return f"{name}: {', '.join([*sizes, *facts, *([f'licence {license_name}'] if license_name else [])])}"


def license_of(source: str) -> str | None:
    """The licence in the model card of a folder or a repository; None where there is none to be had."""
    is_folder = Path(source).is_dir()
    try:
        card = ModelCard.load(Path(source) / "README.md" if is_folder else source, ignore_metadata_errors=True)
    except (HfHubHTTPError, OSError, ValueError, YAMLError):  # no card, no hub, no repository's name, no valid card
        return None
    license_name: str | None = card.data.license
    return license_name
