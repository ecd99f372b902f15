"""exCLIP never forms its Jacobians, which for a ViT-B/16 would fill any memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GIGABYTES = 6.0
# A process of its own: the peak is that of the whole process, and this one has seen other tests.
SCRIPT = """
import resource, sys
import numpy as np, open_clip, torch
from open_clip.transform import PreprocessCfg
from PIL import Image
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.explainer import Explainer

torch.manual_seed(0)
model = open_clip.create_model("ViT-B-16", load_weights=False)
tokenizer = BpeTokenizer(open_clip.get_tokenizer("ViT-B-16"), 77, padded=False)
preprocess = PreprocessCfg(**model.visual.preprocess_cfg)
encoder = OpenClipEncoder(model, tokenizer, preprocess, "ViT-B-16", torch.device("cpu"))
picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8))
caption = "a small black dog sits next to a yellow box in front of the old house"
explanation = Explainer(encoder).explain(picture, caption, method="exclip", progress=False)
assert (explanation.n_players_image, explanation.n_players_text) == (196, 16), explanation.n_players_text
assert np.abs(explanation.second).max() > 0
scale = 2**30 if sys.platform == "darwin" else 2**20
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale)
"""


@pytest.mark.slow
def test_a_base_model_of_196_patches_takes_less_than_six_gigabytes() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, cwd=ROOT, capture_output=True, text=True)
    assert float(done.stdout.split()[-1]) < GIGABYTES
