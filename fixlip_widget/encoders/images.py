"""Reading images: from a path, a PIL image or an array to upright 8-bit RGB."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from fixlip_widget.errors import InputError
from fixlip_widget.typing import ImageLike


def read_image(image: ImageLike) -> Image.Image:
    """A path, a PIL image or an array (height, width[, channels]) → upright RGB; transparency is composited on white.

    Arrays are uint8, uint16, or floats from 0 to 1.

    Raises:
        InputError: where the image cannot be read.
    """
    if isinstance(image, np.ndarray):
        return _flat_rgb(_from_array(image))
    if isinstance(image, Image.Image):
        return _upright_rgb(image, "The image")
    if not isinstance(image, str | PathLike):
        raise InputError(f"An image is a path, a PIL image or an array, not {type(image).__name__}.")
    path = Path(image)
    if "\0" in str(path) or not path.is_file():
        raise InputError(f"There is no image file {path}; check the path.")
    try:
        with Image.open(path) as opened:
            return _upright_rgb(opened, str(path))
    except UnidentifiedImageError as error:
        raise InputError(f"{path} cannot be read as an image; save it as PNG, JPEG or WebP.") from error
    except (OSError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} cannot be read as an image ({error}); save it as PNG, JPEG or WebP.") from error


def image_key(image: ImageLike) -> Hashable:
    """A key that is equal for images of equal content; None for images that cannot be read."""
    if isinstance(image, np.ndarray):
        return image.dtype.str, image.shape, _digest(image.tobytes())
    if isinstance(image, Image.Image):
        try:
            # Beside the pixels, what changes the RGB image made of them.
            decoding = image.getpalette() if image.mode in ("P", "PA") else None, image.info.get("transparency")
            return image.mode, image.size, repr((decoding, *image.getexif().items())), _digest(image.tobytes())
        except OSError:
            return None
    try:
        return _digest(Path(image).read_bytes())
    except (OSError, TypeError, ValueError):
        return None


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _upright_rgb(image: Image.Image, name: str) -> Image.Image:
    """Rotated as its EXIF says. Files are decoded lazily, so a damaged one raises here."""
    try:
        return _flat_rgb(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{name} cannot be read as an image ({error}); save it as PNG, JPEG or WebP.") from error


def _flat_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bit(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """High bit depths scaled to 8 bits; Pillow's own conversion clips them."""
    values = np.asarray(image, dtype=np.float64)  # (h, w)
    if image.mode == "F":
        full = 1.0 if values.max(initial=0.0) <= 1.0 else 255.0
    else:
        full = 65535.0 if image.mode.startswith("I;16") or values.max(initial=0.0) > 255 else 255.0
    return Image.fromarray((np.clip(values / full, 0.0, 1.0) * 255.0).round().astype(np.uint8))


def _from_array(array: npt.NDArray[np.generic]) -> Image.Image:
    channels = 1 if array.ndim == 2 else array.shape[-1] if array.ndim == 3 else 0
    if channels not in (1, 3, 4) or array.size == 0:
        raise InputError(f"An image array is (height, width) or (height, width, 3 or 4), not {array.shape}.")
    pixels = array.reshape(array.shape[:2]) if channels == 1 else array  # (h, w) or (h, w, c)
    if pixels.dtype == np.uint16:
        pixels = (pixels.astype(np.float64) / 257.0).round()
    elif np.issubdtype(pixels.dtype, np.floating):
        low, high = float(pixels.astype(np.float64).min()), float(pixels.astype(np.float64).max())
        if not (low >= 0.0 and high <= 1.0):
            raise InputError(
                f"A floating-point image array runs from 0 to 1, not from {low:g} to {high:g}; rescale it."
            )
        pixels = (pixels.astype(np.float64) * 255.0).round()
    elif pixels.dtype != np.uint8:
        raise InputError(f"An image array is uint8, uint16 or floating-point, not {pixels.dtype}; convert it.")
    return Image.fromarray(pixels.astype(np.uint8))
