"""Architectures at full size, with random weights: pytest -m slow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch.nn import functional as F

from fixlip_widget import Explainer
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer, CaptionTokenizer, TransformersTokenizer
from tests.encoders.checkpoints import tokenizer

pytestmark = pytest.mark.slow
CPU = torch.device("cpu")
GRIDS = {"ViT-B-32": (7, 7), "ViT-B-16": (14, 14), "ViT-L-14": (16, 16), "ViT-B-32-SigLIP2-256": (8, 8)}


@pytest.mark.parametrize("name", list(GRIDS))
def test_architectures_of_full_size(name: str) -> None:
    torch.manual_seed(0)
    model = open_clip.create_model(name, load_weights=False).eval()
    preprocess = PreprocessCfg(**model.visual.preprocess_cfg)
    read: CaptionTokenizer = BpeTokenizer(SimpleTokenizer(), 77)
    if "SigLIP" in name:
        read = TransformersTokenizer(tokenizer(), 64, padded=True)
    encoder = OpenClipEncoder(model, read, preprocess, name, CPU)
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8))
    image = encoder.image(photo)
    rows, columns = GRIDS[name]
    assert image.grid == (rows, columns)
    masks = torch.rand(3, rows * columns, generator=torch.Generator().manual_seed(0)) < 0.5  # (3, n)
    masks[0] = True
    pixels = image_transform_v2(preprocess, is_train=False)(photo)[None]  # (1, 3, H, W)
    kept = F.interpolate(masks.view(-1, 1, rows, columns).float(), size=pixels.shape[2:], mode="nearest")
    with torch.inference_mode():
        expected = model.encode_image(pixels * kept, normalize=True)
    torch.testing.assert_close(image.embed(masks), expected, atol=1e-4, rtol=0)
    blocks = (2, 2) if rows % 2 == 0 else (rows, 1)
    merged = OpenClipEncoder(model, read, preprocess, name, CPU, masking=Masking(image_grid=blocks))
    explanation = Explainer(merged).explain(
        photo, "a dog next to a cat", max_order=1, n_image_masks=40, n_text_masks=64, random_state=0
    )
    assert explanation.grid == blocks
    assert np.isfinite(explanation.first).all()


LOADED = """
import open_clip, torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg
from PIL import Image
from fixlip_widget import Explainer
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.device import batch_size

def megabytes(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))

cpu = torch.device("cpu")
model = open_clip.create_model("ViT-B-16", load_weights=False).eval().requires_grad_(False)
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")  # forget the highest so far
loaded = megabytes("VmRSS:")
"""
BARE = """
with torch.inference_mode():
    for _ in range(10):
        model.encode_image(torch.rand(batch_size(cpu, 196), 3, 224, 224))
"""
EXPLAINED = """
encoder = OpenClipEncoder(model, BpeTokenizer(SimpleTokenizer(), 77), PreprocessCfg(), "B", cpu)
photo = Image.effect_noise((300, 200), 80).convert("RGB")
caption = "a black dog next to a yellow hydrant"
Explainer(encoder).explain(photo, caption, n_image_masks=4096, random_state=0, progress=False)
"""
ADDED = """
print(megabytes("VmHWM:") - loaded)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux says what the peak since then is")
def test_memory_is_that_of_a_bare_forward() -> None:
    """Beside the model itself, with batches of the same size: the number of masks does not change what is held."""
    bare, explained = (
        int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for code in (LOADED + BARE + ADDED, LOADED + EXPLAINED + ADDED)
    )
    assert explained < 1.5 * bare
