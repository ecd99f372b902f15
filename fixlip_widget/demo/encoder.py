"""Loading the bundled encoder."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from open_clip.transform import PreprocessCfg

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.model import IMAGE_SIZE, WEIGHTS, configuration, load_model
from fixlip_widget.demo.painting import LUMINANCE
from fixlip_widget.encoders.device import resolve_device, resolve_precision
from fixlip_widget.encoders.images import read_image
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.typing import ImageLike

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions
    from fixlip_widget.encoders.protocol import MaskedImage

LIGHTEST_DARK, LARGEST_STEP = 0.8, 0.004
"""Of the border of 2000 scenes the median luminance is at least 0.837, and the median step between pixels 0.0015."""


class BundledEncoder(OpenClipEncoder):
    """The bundled model, which warns of pictures unlike those that it has seen."""

    def image(self, image: ImageLike) -> MaskedImage:
        """As `DualEncoder.image`; a warning for a picture that is no scene of emoji."""
        picture = read_image(image)
        if doubt := self.doubt(picture):
            warnings.warn(doubt, stacklevel=2)
        return super().image(picture)

    def doubt(self, image: ImageLike) -> str | None:
        """Why the encoder says little of a picture, in a sentence; None for a scene of emoji on a light backdrop."""
        small = read_image(image).resize((IMAGE_SIZE, IMAGE_SIZE))
        pixels = np.asarray(small) / 255  # (112, 112, 3)
        border = np.concatenate([pixels[0], pixels[:, -1], pixels[-1, ::-1], pixels[::-1, 0]])  # (448, 3)
        steps = np.abs(np.diff(border, axis=0)).max(axis=1)  # (447,)
        if np.median(border @ LUMINANCE) >= LIGHTEST_DARK and np.median(steps) <= LARGEST_STEP:
            return None
        return (
            "The picture is no scene of emoji on a light backdrop, and the bundled encoder has seen nothing else, so "
            "that its similarity means little; load a model of photographs, such as "
            "Explainer.from_open_clip('ViT-B-32', pretrained='openai')."
        )


def load_encoder(
    device: str | torch.device | None = None,
    *,
    precision: str = "auto",
    weights: Path = WEIGHTS,
    **masking: Unpack[MaskingOptions],
) -> BundledEncoder:
    """The bundled model with its own tokenizer.

    Args:
        device: "cuda", "mps" or "cpu"; the best available one if left out.
        precision: of matrix products, as for `Explainer.from_open_clip`.
        weights: folder of a trained model.
        masking: as documented at `Masking`.

    Raises:
        InputError: for a device that this machine does not have.
    """
    resolved = resolve_device(device)
    preprocess = PreprocessCfg(**configuration()["preprocess_cfg"])
    dtype = resolve_precision(precision, resolved)
    model, tokenizer = load_model(weights), DemoTokenizer()
    return BundledEncoder(model, tokenizer, preprocess, "demo", resolved, dtype, Masking(**masking), "MIT")
