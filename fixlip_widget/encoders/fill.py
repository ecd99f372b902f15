"""What a hidden patch shows."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from fixlip_widget.encoders.masking import ImageMasker


def fill(pixels: Tensor, masker: ImageMasker, grid: tuple[int, int]) -> Tensor:
    """Normalised pixels (b, 3, H, W) → those that hidden patches show, in the same shape.

    The mean is that of the image, colour by colour; the blur is Gaussian with half a patch for standard deviation.
    """
    if masker == "mean":
        return pixels.mean(dim=(2, 3), keepdim=True).expand_as(pixels)  # (b, 3, H, W)
    if masker == "blur":
        height, width = (size // count for size, count in zip(pixels.shape[2:], grid, strict=True))
        blurred: Tensor = gaussian_blur(pixels, [2 * width - 1, 2 * height - 1], [width / 2, height / 2])
        return blurred
    return torch.zeros_like(pixels)
