"""Encoders: from an image and a caption to embeddings with any tokens hidden."""

from fixlip_widget.encoders.protocol import DualEncoder, MaskedImage, MaskedInput
from fixlip_widget.typing import ImageLike

__all__ = ["DualEncoder", "ImageLike", "MaskedImage", "MaskedInput"]
