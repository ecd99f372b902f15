"""Reading images: files, PIL images, arrays and tensors become upright 8-bit RGB."""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from collections.abc import Hashable, Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from fixlip_widget.arguments import check_several
from fixlip_widget.errors import InputError
from fixlip_widget.typing import FloatArray, ImageLike

OVERSHOOT = 1e-3
"""How far floats may lie outside 0 to 1, as they do after resizing; they are clipped."""
MAX_NAME = 200
"""Characters of a path in a message: base64 is taken for a path, too."""
MAX_CREDIT = 300
"""Characters of a line of credit."""
MAX_BYTES, CHUNK = 2**30, 2**24
"""Bytes of the largest file that is read, and of what is read at once: some files have no end."""
MAX_ASPECT = 100
"""Largest ratio of the sides of a picture: the shorter one is enlarged to that of the model's input."""


def read_image(image: ImageLike, name: str | None = None) -> Image.Image:
    """An image of any kind that `ImageLike` lists → upright RGB; transparency is composited on white.

    Args:
        image: as documented at `ImageLike`. Arrays and tensors are uint8, uint16, or floats from 0 to 1.
        name: what messages call an image that has no path.

    Raises:
        InputError: where the image cannot be read.
    """
    image = buffered(image)
    if isinstance(image, Tensor):
        return _flat_rgb(_from_array(_to_numpy(image), channels_first=True))
    if isinstance(image, np.ndarray):
        return _flat_rgb(_from_array(image, channels_first=False))
    if isinstance(image, Image.Image):
        return _upright_rgb(image, name or "The image")
    if isinstance(image, bytes):
        return _decode(io.BytesIO(image), name or "The data")
    if not isinstance(image, str | PathLike):
        raise InputError(
            "An image is a path, a PIL image, an array, a tensor, bytes or a binary file, "
            f"not {type(image).__name__}; give one of these."
        )
    path = os.fsdecode(image)
    _check_file(path)
    return _decode(path, path)


def _check_file(path: str) -> None:
    """Raise InputError where there is no regular file, or one that is too large; reading others may never end."""
    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises for names that are too long
        raise InputError(_no_file(path))
    if (size := Path(path).stat().st_size) > MAX_BYTES:
        raise InputError(f"{path} has {size} bytes, more than the {MAX_BYTES} that are read; resize the image.")


def buffered(image: ImageLike) -> ImageLike:
    """A file object, which others may not be able to read again, → all its bytes; other images as they are.

    Raises:
        InputError: for a file that is closed, open as text, or too large.
    """
    if isinstance(image, bytearray | memoryview):
        return bytes(image)
    if isinstance(image, str | PathLike | bytes | np.ndarray | Image.Image | Tensor) or not hasattr(image, "read"):
        return image
    try:
        if hasattr(image, "seekable") and image.seekable():
            image.seek(0)
        return _read_all(image)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"The file object cannot be read ({error}); open it with mode 'rb'.") from error


def _read_all(file: IO[bytes]) -> bytes:
    """The bytes that follow in a file; InputError for text, and where there is no end to them."""
    content = bytearray()
    while part := file.read(CHUNK):
        if not isinstance(part, bytes):
            raise InputError(f"The file object gives {type(part).__name__}, not bytes; open it with mode 'rb'.")
        content += part
        if len(content) > MAX_BYTES:
            raise InputError(f"The file object has more than the {MAX_BYTES} bytes that are read; resize the image.")
    if part is None:
        raise InputError("The file object has nothing to read yet; read it when it has, and give the bytes.")
    return bytes(content)


def each_image(images: Iterable[ImageLike]) -> Iterator[ImageLike]:
    """The images one by one, as `buffered`; InputError for a single image in place of several."""
    is_array = isinstance(images, np.ndarray) and images.dtype.kind not in "OUT"
    if is_array or isinstance(images, Image.Image | Tensor):
        raise InputError(f"images is a list of images, not {type(images).__name__}; put it in brackets, or use list().")
    check_several(images, "images")
    return map(buffered, images)


def image_key(image: ImageLike) -> Hashable:
    """A key that is equal for images of equal content; None for images that cannot be read."""
    try:
        return _key_of(buffered(image))
    except Exception:  # Pillow's decoders raise all kinds, of which `read_image` makes sentences
        return None


def _key_of(image: ImageLike) -> Hashable:
    if isinstance(image, Tensor):
        return "tensor", _key_of(_to_numpy(image))
    if isinstance(image, np.ndarray):
        return image.dtype.str, image.shape, _digest(image.tobytes())
    if isinstance(image, bytes):
        return _digest(image)
    if isinstance(image, Image.Image):
        _load(image, "The image")
        # Beside the pixels, what changes the RGB image made of them.
        decoding = image.getpalette() if image.mode in ("P", "PA") else None, image.info.get("transparency")
        said = repr((decoding, credit(image), *image.getexif().items()))
        return image.mode, image.size, said, _digest(image.tobytes())
    if isinstance(image, str | PathLike):
        _check_file(os.fsdecode(image))
        return _digest(Path(image).read_bytes())
    return None


def credit(picture: Image.Image) -> str | None:
    """What a picture says of its rights, in one line: the `Copyright` text of PNG and of `PIL.Image.info`."""
    said = picture.info.get("Copyright")
    return " ".join(said.split())[:MAX_CREDIT] or None if isinstance(said, str) else None


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _no_file(path: str) -> str:
    shown = path if len(path) <= MAX_NAME else f"{path[:MAX_NAME]}…"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", path):
        url = shown if "://" in shown else shown.replace(":/", "://", 1)  # pathlib drops a slash
        return f"{url} is a URL, which is not fetched; download it and give the path of the file."
    if os.path.exists(path):  # noqa: PTH110 - as above
        return f"{shown} is no regular file; give the path of an image."
    return f"There is no image file {shown}; check the path."


def _decode(source: str | io.BytesIO, name: str) -> Image.Image:
    if isinstance(source, io.BytesIO) and not source.getbuffer().nbytes:
        raise InputError(f"{name} is empty; give the bytes of a PNG, JPEG or WebP file.")
    try:
        with warnings.catch_warnings():
            # Between the limit and its double, where Pillow raises, a picture only takes a while.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                return _upright_rgb(opened, name)
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise InputError(f"{name} is too large, as it has more than {most} pixels; resize it.") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{name} cannot be read as an image; save it as PNG, JPEG or WebP.") from error
    except InputError:
        raise
    except Exception as error:  # each of Pillow's decoders raises its own
        raise _damaged(name, error) from error


def _upright_rgb(image: Image.Image, name: str) -> Image.Image:
    """Rotated as its EXIF says."""
    _check_size(image.width, image.height, name)
    _load(image, name)
    try:
        return _flat_rgb(ImageOps.exif_transpose(image))
    except InputError:
        raise
    except Exception as error:  # of metadata of any kind
        raise _damaged(name, error) from error


def _check_size(width: int, height: int, name: str) -> None:
    """Raise InputError for a picture without pixels, and for a line."""
    if not width or not height:
        raise InputError(f"{name} has no pixels, as it is {width}×{height}; crop it less.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise InputError(f"{name} is {width}×{height}, longer than {MAX_ASPECT} times its other side; crop it.")


def _load(image: Image.Image, name: str) -> None:
    """Files are decoded lazily, so a damaged or closed one raises here."""
    try:
        image.load()
    except Exception as error:  # each of Pillow's decoders raises its own
        # Pillow asserts that there is a file, and says "closed" where there was one.
        if isinstance(error, AssertionError | AttributeError) or "closed" in str(error):
            raise InputError(f"{name} was closed before it was read; open it again, or give its path.") from error
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(f"{name} cannot be read as an image ({error}); save it as PNG, JPEG or WebP.")


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
        return Image.fromarray(_scaled(values, 1.0 if values.max() <= 1.0 + OVERSHOOT else 255.0))
    full = 65535.0 if image.mode.startswith("I;16") or values.max() > 255 else 255.0
    return Image.fromarray(_to_bytes(values / full))


def _scaled(values: FloatArray, full: float) -> npt.NDArray[np.uint8]:
    """Floats from 0 to `full` → from 0 to 255; InputError for others."""
    low, high = float(values.min()), float(values.max())
    if not (low >= -OVERSHOOT * full and high <= (1.0 + OVERSHOOT) * full):
        advice = "give the picture as it was before normalisation" if low < 0.0 else "rescale it"
        raise InputError(f"A floating-point image runs from 0 to {full:g}, not from {low:g} to {high:g}; {advice}.")
    return _to_bytes(values / full)


def _to_bytes(shares: FloatArray) -> npt.NDArray[np.uint8]:
    """Floats from 0 to 1, clipped → from 0 to 255."""
    levels: npt.NDArray[np.uint8] = (np.clip(shares, 0.0, 1.0) * 255.0).round().astype(np.uint8)
    return levels


def _to_numpy(tensor: Tensor) -> npt.NDArray[np.generic]:
    try:
        tensor = tensor.detach().cpu()
        # NumPy has no bfloat16.
        array: npt.NDArray[np.generic] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    except (TypeError, NotImplementedError, RuntimeError) as error:  # of sparse tensors, and of those without numbers
        raise InputError(f"The image tensor cannot be read ({error}); give a dense one of uint8 or float.") from error
    return array


def _from_array(array: npt.NDArray[np.generic], *, channels_first: bool) -> Image.Image:
    """From pixels in either order; `channels_first` decides where both are possible."""
    pixels = array[0] if array.ndim == 4 and len(array) == 1 else array  # (h, w), (h, w, c) or (c, h, w)
    if array.size == 0:
        raise InputError(f"The image array has no pixels, as its shape is {array.shape}; crop it less.")
    axes = [axis for axis in (0, -1) if pixels.ndim == 3 and pixels.shape[axis] in (1, 3, 4)]
    if axes:
        pixels = np.moveaxis(pixels, axes[0] if channels_first else axes[-1], -1)  # (h, w, c)
        pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels  # (h, w) or (h, w, c)
    elif pixels.ndim != 2:
        advice = "give its images one by one" if pixels.ndim == 4 else "rearrange it"
        raise InputError(
            "An image array is (height, width), or has 1, 3 or 4 channels before or after these, "
            f"not {array.shape}; {advice}."
        )
    if pixels.dtype == np.uint16:
        pixels = (pixels.astype(np.float64) / 257.0).round().astype(np.uint8)
    elif np.issubdtype(pixels.dtype, np.floating):
        pixels = _scaled(pixels.astype(np.float64), 1.0)
    elif pixels.dtype != np.uint8:
        raise InputError(f"An image array is uint8, uint16 or floating-point, not {pixels.dtype}; convert it.")
    _check_size(pixels.shape[1], pixels.shape[0], "The image array")
    return Image.fromarray(np.ascontiguousarray(pixels))
