"""The other maskers, words and merged patches, each against the same thing done by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget import Explainer
from fixlip_widget.encoders.device import batch_size
from fixlip_widget.encoders.masking import GroupedInput, Masking, MaskingOptions, group_patches, hidden_pixels
from fixlip_widget.encoders.openclip import OpenClipEncoder, load_open_clip
from fixlip_widget.encoders.protocol import MaskedImage, MaskedInput
from fixlip_widget.errors import InputError
from fixlip_widget.typing import ImageLike
from tests.encoders.models import CONFIG, random_clip, write_folder
from tests.games import TableEncoder

CAPTION = "a photo of an unhydrated Hydrant"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("model") / "clip", random_clip())


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (48, 32, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def pixels(photo: Image.Image, folder: Path) -> Tensor:
    model = open_clip.create_model(f"local-dir:{folder}")
    pixels: Tensor = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)(photo)[None]
    return pixels  # (1, 3, 48, 32)


def loaded(folder: Path, **masking: object) -> OpenClipEncoder:
    options: MaskingOptions = masking  # type: ignore[assignment]
    return load_open_clip(folder, device="cpu", precision="fp32", **options)


def masks_of(source: MaskedInput) -> Tensor:
    return torch.rand(5, source.n_players, generator=torch.Generator().manual_seed(0)) < 0.5  # (5, n)


@pytest.mark.parametrize("masker", ["mean", "blur"])
def test_hidden_patches_show_something_else(folder: Path, photo: Image.Image, pixels: Tensor, masker: str) -> None:
    image = loaded(folder, image_masker=masker).image(photo)
    masks = masks_of(image)
    hidden = pixels.mean(dim=(2, 3), keepdim=True) if masker == "mean" else blurred(pixels)  # (1, 3, 48, 32)
    kept = masks.view(-1, 1, 3, 2).repeat_interleave(16, dim=2).repeat_interleave(16, dim=3)  # (m, 1, 48, 32)
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    with torch.inference_mode():
        expected = model.encode_image(torch.where(kept, pixels, hidden), normalize=True)
    torch.testing.assert_close(image.embed(masks), expected, atol=1e-5, rtol=0)


def blurred(pixels: Tensor) -> Tensor:
    """A Gaussian of half a patch, patches of 16, written as two matrix products over mirrored borders."""
    out = pixels.double()
    for axis in (2, 3):
        size = out.shape[axis]
        steps = torch.arange(-15, 16)
        weights = torch.exp(-0.5 * (steps / 8.0) ** 2).double()
        weights /= weights.sum()
        matrix = torch.zeros(size, size, dtype=torch.float64)
        for row in range(size):
            for step, weight in zip(steps.tolist(), weights, strict=True):
                column = abs(row + step)
                matrix[row, column if column < size else 2 * (size - 1) - column] += weight
        out = torch.movedim(torch.movedim(out, axis, -1) @ matrix.T, -1, axis)
    return out.float()


def test_a_blur_takes_the_shape_of_a_patch() -> None:
    """Wide patches are blurred more across than down."""
    point = torch.zeros(1, 3, 24, 48)
    point[:, :, 12, 24] = 1.0
    spread = hidden_pixels(point, "blur", (6, 16))[0, 0]  # patches 6 high and 16 wide
    assert spread[12].gt(1e-6).sum() > 2 * spread[:, 24].gt(1e-6).sum()


def test_padding_takes_the_place_of_hidden_words(folder: Path) -> None:
    text = loaded(folder, text_masker="pad").text(CAPTION)
    masks = masks_of(text)
    ids = open_clip.tokenize(CAPTION, context_length=20).repeat(5, 1)  # (5, 20)
    ids[:, 1:9][~masks] = 0
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    with torch.inference_mode():
        expected = model.encode_text(ids, normalize=True)
    torch.testing.assert_close(text.embed(masks), expected, atol=1e-5, rtol=0)


def test_dropping_needs_something_to_pool(folder: Path, tmp_path: Path, photo: Image.Image) -> None:
    dropped = loaded(folder, image_masker="drop").image(photo)
    assert dropped.embed(torch.zeros(1, 6, dtype=torch.bool)).isfinite().all()
    config = {**CONFIG, "vision_cfg": {**CONFIG["vision_cfg"], "pool_type": "avg"}}
    again = loaded(write_folder(tmp_path, random_clip(pool_type="avg"), config), image_masker="drop")
    with pytest.raises(InputError, match="leaves this model nothing to pool once every patch is dropped; use 'zero'"):
        again.image(photo)


def test_words_are_kept_and_hidden_whole(folder: Path) -> None:
    tokens, words = loaded(folder).text(CAPTION), loaded(folder, text_players="word").text(CAPTION)
    assert words.tokens == ["a", "photo", "of", "an", "unhydrated", "hydrant"]
    masks = masks_of(words)
    split = masks.repeat_interleave(torch.tensor([1, 1, 1, 1, 2, 2]), dim=1)  # (5, 8)
    torch.testing.assert_close(words.embed(masks), tokens.embed(split))


def test_blocks_of_patches_are_kept_and_hidden_whole() -> None:
    class Rows:
        """Six rows of four patches; embeds a mask as it is."""

        grid: tuple[int, int] | None = (6, 4)
        n_players = 24
        tokens = ["patch"] * 24
        picture = Image.new("RGB", (40, 60))

        def embed(self, masks: Tensor) -> Tensor:
            return masks.float()

    source: MaskedImage = Rows()
    merged = group_patches(source, (3, 2))
    assert merged.grid == (3, 2)
    assert merged.tokens[-1] == "patch 2,1"
    for block in range(6):
        mask = torch.arange(6)[None] == block
        row, column = divmod(block, 2)
        expected = torch.zeros(6, 4)
        expected[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 1
        assert (merged.embed(mask).view(6, 4) == expected).all()
    with pytest.raises(
        InputError, match=r"image_grid=\(4, 3\) does not divide the 6×4 patches; use for example \(3, 2\)"
    ):
        group_patches(source, (4, 3))


def test_merged_patches_are_asked_for_by_name(folder: Path, photo: Image.Image) -> None:
    image = loaded(folder, image_grid=(3, 1)).image(photo)
    assert isinstance(image, MaskedImage)
    assert isinstance(image, GroupedInput)
    assert image.grid == (3, 1)
    assert image.n_players == 3
    masks = torch.tensor([[True, False, True]])
    expected = loaded(folder).image(photo).embed(masks.repeat_interleave(2, dim=1))
    torch.testing.assert_close(image.embed(masks), expected)


def test_batches_hold_as_many_tokens_whether_merged_or_not() -> None:
    """24×24 patches in 4×4 blocks take the memory of 576 tokens, not of 16."""
    largest: list[int] = []

    class Fine:
        grid: tuple[int, int] | None = (24, 24)
        n_players = n_tokens = 576
        tokens = ["patch"] * 576
        picture = Image.new("RGB", (48, 48))
        directions = torch.randn(576, 7, generator=torch.Generator().manual_seed(0))

        def embed(self, masks: Tensor) -> Tensor:
            largest.append(len(masks))
            return F.normalize(1.0 + masks.float() @ self.directions, dim=1)  # (m, 7)

    class Encoder(TableEncoder):
        def image(self, image: ImageLike) -> MaskedInput:  # type: ignore[override]
            return group_patches(Fine(), (4, 4))

    Explainer(Encoder()).explain(Fine.picture, "a dog", n_image_masks=64, max_order=1, progress=False)
    assert max(largest) == batch_size(torch.device("cpu"), 576) < batch_size(torch.device("cpu"), 16)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_masker": "gray"}, "There is no image_masker='gray'; use 'zero' or 'mean' or 'blur' or 'drop'"),
        ({"text_masker": "unk"}, "There is no text_masker='unk'; use 'attention' or 'pad'"),
        ({"text_players": "letter"}, "There is no text_players='letter'; use 'token' or 'word'"),
        ({"image_grid": (7,)}, r"image_grid=\(7,\) is not a number of rows and one of columns"),
        ({"image_grid": (7, 0)}, r"image_grid=\(7, 0\) is not a number of rows and one of columns"),
        ({"image_grid": 7}, "image_grid=7 is not a number of rows and one of columns"),
    ],
)
def test_maskings_that_are_none_are_refused(options: MaskingOptions, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Masking(**options)


def test_a_masking_says_what_it_is() -> None:
    assert str(Masking()) == "image zero, text attention"
    assert str(Masking("blur", "pad", "word", (7, 7))) == "image blur 7×7, text pad by word"
