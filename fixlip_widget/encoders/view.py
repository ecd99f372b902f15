"""What a model sees of a picture, at a resolution fit for a person."""

from __future__ import annotations

from open_clip.transform import PreprocessCfg
from PIL import Image, ImageOps

SHORT_SIDE = 448


def field_of_view(picture: Image.Image, preprocess: PreprocessCfg, grid: tuple[int, int]) -> Image.Image:
    """The picture cropped, squashed or padded as the model's own preprocessing does, but sharper.

    What is left over at the bottom and on the right, where a whole number of patches does not fill the image, is cut
    off: the model does not see it, and a reader's grid lies over what is left.
    """
    size = preprocess.size
    height, width = (size, size) if isinstance(size, int) else size
    zoom = SHORT_SIDE / min(height, width)
    box = (round(width * zoom), round(height * zoom))
    resample = Image.Resampling.BICUBIC
    if preprocess.resize_mode == "squash":
        seen = picture.resize(box, resample)
    elif preprocess.resize_mode == "longest":
        seen = ImageOps.pad(picture, box, resample, color=(preprocess.fill_color,) * 3)
    else:
        seen = ImageOps.fit(picture, box, resample)
    rows, columns = grid
    right, bottom = width // columns * columns * zoom, height // rows * rows * zoom
    return seen.crop((0, 0, round(right), round(bottom)))
