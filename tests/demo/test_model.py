"""The bundled model: its weights, and its card and what that says of it."""

import json
from pathlib import Path

import open_clip
import pytest
import torch

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.model import WEIGHTS, WEIGHTS_NAME, load_model
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.demo.sprites import FOLDER
from fixlip_widget.demo.training.build import build_model, save_model
from fixlip_widget.demo.training.choices import GALLERY, encode_ids
from fixlip_widget.demo.training.evaluate import EVALUATION_NAME, evaluate
from fixlip_widget.demo.training.evaluate_explanations import EXPLANATIONS_NAME, measure
from fixlip_widget.demo.training.model_card import CARD_NAME, model_card
from fixlip_widget.explainer import Explainer

IDS = torch.tensor([DemoTokenizer().padded(caption) for caption in ("a red cat", "a fox above a green boat")])


def test_position_embeddings_are_large_and_distinct() -> None:
    code = build_model().visual.positional_embedding.detach()[1:]  # (49, width)
    assert code.std() > 0.6
    distances = torch.cdist(code, code) + 1e3 * torch.eye(49)
    assert distances.min() > 1
    one_row_down, one_column_right = code[7] - code[0], code[1] - code[0]
    assert abs(float(torch.cosine_similarity(one_row_down, one_column_right, dim=0))) < 1e-5


def test_saved_weights_are_loaded_unchanged(tmp_path: Path) -> None:
    model = build_model().half().float().eval()
    save_model(model, tmp_path)
    torch.testing.assert_close(encode_ids(load_model(tmp_path), IDS), encode_ids(model, IDS))


# open_clip itself calls deprecated functions of its dependencies.
@pytest.mark.filterwarnings("ignore")
def test_open_clip_loads_the_bundled_weights() -> None:
    stock, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{WEIGHTS}")
    picture = showcase()[0]
    pixels = preprocess(picture)[None]
    assert pixels.shape == (1, 3, 112, 112)
    with torch.inference_mode():
        image = stock.eval().encode_image(pixels, normalize=True)
        ours = load_model().encode_image(pixels, normalize=True)
    torch.testing.assert_close(image, ours, atol=1e-4, rtol=0)
    torch.testing.assert_close(encode_ids(stock, IDS), encode_ids(load_model(), IDS))


def test_what_is_bundled_is_small_float32_and_in_evaluation_mode() -> None:
    assert (WEIGHTS / WEIGHTS_NAME).stat().st_size <= 10e6
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 4e6
    model = load_model()
    assert not model.training
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_the_card_is_up_to_date() -> None:
    assert (WEIGHTS / CARD_NAME).read_text(encoding="utf-8") == model_card()


def test_the_bundled_model_has_the_accuracies_of_its_card() -> None:
    """On a subset, hence within three standard errors."""
    published = json.loads((WEIGHTS / EVALUATION_NAME).read_text(encoding="utf-8"))["figures"]
    count = 200
    measured = evaluate(load_model(), count, galleries=1)
    assert {group for group in published if "third" not in group} == measured.keys()
    for group, figures in measured.items():
        trials = GALLERY if group == "retrieval" else count
        assert figures.keys() == published[group].keys()
        for kind, value in figures.items():
            expected = published[group][kind]
            error = (expected * (1 - expected) / trials) ** 0.5
            assert abs(value - expected) <= 3 * error + 1.5 / trials, (group, kind)


def test_explanations_of_the_bundled_model_have_the_figures_of_its_card() -> None:
    cells = json.loads((WEIGHTS / EXPLANATIONS_NAME).read_text(encoding="utf-8"))["cells"]
    published = next(cell for cell in cells if cell["shown"] == 4 and cell["named"] == 2)
    measured = measure(Explainer.demo(), named=2, shown=4, count=3, n_masks=2048)
    for kind in ("PGR, colours", "PGR, things"):
        assert measured[kind] == pytest.approx(published[kind], abs=0.15)
    for order in (1, 2):
        assert measured[f"R², order {order}"] == pytest.approx(published[f"R², order {order}"], abs=0.15)
