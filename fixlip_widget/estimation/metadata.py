"""What an encoder and its inputs say of themselves, in the form that an explanation keeps."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from fixlip_widget.encoders import DualEncoder, ImageLike, MaskedImage, MaskedInput
from fixlip_widget.encoders.images import read_image


def provenance(encoder: DualEncoder) -> dict[str, str]:
    """What an encoder has to say of itself beyond the protocol."""
    said = {"model_card": getattr(encoder, "card", None), "masking": getattr(encoder, "masking", None)}
    return {name: str(value) for name, value in said.items() if value is not None}


def number(value: float | Tensor) -> float:
    """A number that an encoder may hold as a parameter."""
    return float(value.detach() if isinstance(value, Tensor) else value)


def grid(source: MaskedInput) -> tuple[int, int]:
    """Rows and columns of the players; one row where the encoder knows of none."""
    if source.grid is None:
        return 1, source.n_players
    rows, columns = source.grid
    return int(rows), int(columns)


def picture(source: MaskedInput, image: ImageLike) -> Image.Image:
    """What the encoder says it sees, or the image as it was given."""
    return source.picture.convert("RGB") if isinstance(source, MaskedImage) else read_image(image)
