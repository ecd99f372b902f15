"""The command line: image files in, output files or a one-line error out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fixlip_widget
from fixlip_widget.cli import main
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.encoders.models import random_clip, write_folder

CAPTION = "red cat"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"open_clip:local-dir:{write_folder(tmp_path_factory.mktemp('cli') / 'clip', random_clip())}"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Noise of 70 × 90 pixels."""
    path = tmp_path / "in" / "photo.png"
    path.parent.mkdir()
    Image.effect_noise((70, 90), 80).convert("RGB").save(path)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_demo_explains_a_scene_and_measures_r2(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = out / "demo.npz"
    assert main(["demo", "--scene", "above", "--out", str(path)]) == 0
    image, caption = showcase("above")
    explanation = Explanation.load(path)
    assert explanation.caption == caption
    assert explanation.r2 == pytest.approx(Explainer.demo().r2(explanation, image=image), abs=1e-3)
    printed = capsys.readouterr().out
    assert str(path) in printed
    assert f"R²           {explanation.r2:.3f} on 1000 fresh masks\n" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["🐱 ⭐"], "A scene of your own has no caption; add one, such as --caption 'a fox and a rocket'."),
        (["🦤", "--caption", "a cat"], "There is no picture of '🦤' (dodo); near are 🦉 owl, 🪶 feather, 🦢 swan."),
        (["🐱\\n⭐", "--caption", "a cat above a zzzz"], "does not know the word 'zzzz'"),  # the scene is accepted
    ],
)
def test_demo_takes_scenes_by_hand(
    arguments: list[str], message: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--out", str(out / "x.png"), "--scene", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not list(out.iterdir())


def test_every_suffix_writes_its_format(model: str, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in ("html", "npz", "json", "png", "svg", "pdf"):
        path = out / f"x.{suffix}"
        assert main(["explain", str(photo), CAPTION, "--model", model, "--p", "0.6", "--out", str(path)]) == 0
        assert str(path) in capsys.readouterr().out
    loaded = Explanation.load(out / "x.npz")
    read = json.loads((out / "x.json").read_text())
    assert loaded.p == 0.6
    assert loaded.tokens[-2:] == ("red", "cat")
    np.testing.assert_allclose(read["second"], loaded.second)
    with Image.open(out / "x.png") as picture:
        assert picture.width > 300
    assert "red cat" in (out / "x.html").read_text()
    assert (out / "x.svg").read_text().startswith("<svg ")
    assert sorted(path.name for path in out.iterdir()) == ["x.html", "x.json", "x.npz", "x.pdf", "x.png", "x.svg"]


@pytest.mark.parametrize("kind", ["jpeg", "webp", "grey", "palette", "rgba", "sixteen", "exif"])
def test_image_files_of_every_mode_are_read(model: str, photo: Path, out: Path, kind: str) -> None:
    with Image.open(photo) as opened:
        image = opened.copy()
    path = photo.with_name(f"{kind}.{kind if kind in ('jpeg', 'webp') else 'jpg' if kind == 'exif' else 'png'}")
    if kind == "exif":
        exif = Image.Exif()
        exif[0x0112] = 8
        image.save(path, exif=exif)
    elif kind == "sixteen":
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(path)
    else:
        image.convert({"grey": "L", "palette": "P", "rgba": "RGBA"}.get(kind, "RGB")).save(path)
    assert main(["explain", str(path), CAPTION, "--model", model, "--out", str(out / "x.npz")]) == 0
    explanation = Explanation.load(out / "x.npz")
    assert explanation.image is not None
    assert explanation.image.mode == "RGB"
    assert np.asarray(explanation.image).mean() == pytest.approx(np.asarray(image).mean(), abs=5)


@pytest.mark.filterwarnings("ignore:The picture is no scene")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": "nowhere.png"}, "There is no image file nowhere.png; check the path."),
        ({"image": "https://site.org/a.png"}, "https://site.org/a.png is a URL, which is not fetched; download it and"),
        ({"caption": "  "}, "is empty; write a few words"),
        (
            {"caption": "cat " * 30},
            "The caption has 30 tokens, but this model reads at most 18; shorten it, or load the",
        ),
        (
            {"--model": "demo", "caption": "a red skatebord"},
            "The bundled encoder does not know the word 'skatebord'; ",
        ),
        ({"--p": "1"}, "p=1.0 is not a probability between 0 and 1"),
        ({"--p": "0.2,0.5,0.8"}, "p=[0.2, 0.5, 0.8] has 3 values; give one, or one for the image and one for"),
        ({"--budget": "2**3"}, "budget=8 (2 image × 4 text masks) cannot determine"),
        ({"--max-order": "5"}, "max_order=5 cannot be fitted"),
        ({"--method": "magic"}, "There is no method 'magic'"),
        ({"--model": "resnet"}, "There is no model 'resnet'; use demo, open_clip:NAME@TAG"),
        ({"--out": "x.gif"}, "x.gif does not end in the suffix of a known format; use .html, .npz, .json, .png,"),
        ({"--out": "nowhere/x.html"}, "There is no folder nowhere"),
        ({"--out": f"{'x' * 300}.html"}, "cannot be written"),
        ({"--model": "demo", "--crop": "none"}, "The bundled encoder takes square pictures only; leave out --crop."),
        ({"--crop": "half"}, "There is no crop='half'; use 'model', or 'none' for whole pictures."),
        ({"--model": "demo", "--truncate": "--seed=1"}, "The bundled encoder does not cut captions; leave out --trunc"),
        ({"--device": "meta"}, "Encoders do not run on 'meta'"),
        ({"--device": "toaster"}, "There is no device 'toaster'"),
    ],
)
def test_unusable_input_is_a_one_line_error_and_writes_nothing(
    model: str, photo: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(out)
    given = {"image": str(photo), "caption": CAPTION, "--model": model, "--out": "x.html"} | changes
    image, caption = given.pop("image"), given.pop("caption")
    assert main(["explain", image, caption, *(word for pair in given.items() for word in pair)]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("fixlip-widget: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert not printed.out
    assert not list(out.iterdir())


@pytest.mark.parametrize(("text", "p"), [("0.6", 0.6), ("0.3,0.7", (0.3, 0.7))])
def test_p_is_one_probability_or_one_of_each_modality(
    model: str, photo: Path, out: Path, text: str, p: float | tuple[float, float]
) -> None:
    assert main(["explain", str(photo), CAPTION, "--model", model, "--p", text, "--out", str(out / "x.npz")]) == 0
    assert Explanation.load(out / "x.npz").p == p


def test_long_captions_are_cut_where_asked_to(model: str, photo: Path, out: Path) -> None:
    long = ["explain", str(photo), "cat " * 30, "--model", model, "--max-order", "1", "--budget", "2**12", "--truncate"]
    assert main([*long, "--out", str(out / "x.npz")]) == 0
    assert Explanation.load(out / "x.npz").caption == " ".join(["cat"] * 18)


def test_pictures_are_taken_whole_where_asked_to(model: str, out: Path, tmp_path: Path) -> None:
    Image.new("RGB", (300, 90), "red").save(tmp_path / "wide.png")
    asked = ["explain", str(tmp_path / "wide.png"), CAPTION, "--model", model, "--max-order", "1", "--crop", "none"]
    assert main([*asked, "--out", str(out / "x.npz")]) == 0
    rows, columns = Explanation.load(out / "x.npz").grid
    assert columns >= 2 * rows


def test_names_of_models_may_hold_an_at_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    def note(name: str, *, pretrained: str | None = None, **options: object) -> Explainer:
        asked.append((name, pretrained))
        raise InputError("noted")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Explainer, "from_open_clip", note)
    monkeypatch.setattr(Explainer, "from_transformers", note)
    (tmp_path / "a@b").mkdir()
    given = {
        "open_clip:ViT-B-32@openai": ("ViT-B-32", "openai"),
        "open_clip:ViT-B-32@/tmp/a@b/ft.pt": ("ViT-B-32", "/tmp/a@b/ft.pt"),
        "open_clip:ViT-B-32": ("ViT-B-32", None),
        "open_clip:a@b": ("a@b", None),
        "open_clip:local-dir:/tmp/a@b": ("local-dir:/tmp/a@b", None),
        "open_clip:local-dir:a@b": ("local-dir:a@b", None),
        "open_clip:/tmp/a@c": ("/tmp/a@c", None),
        "open_clip:hf-hub:owner/name": ("hf-hub:owner/name", None),
        "hf:/tmp/a@b": ("/tmp/a@b", None),
    }
    for name in given:
        assert main(["explain", "a.png", CAPTION, "--model", name, "--out", "x.npz"]) == 2
    assert asked == list(given.values())


@pytest.mark.parametrize("text", ["half", "0.3,", ""])
def test_p_must_be_numeric(photo: Path, out: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["explain", str(photo), CAPTION, "--out", str(out / "x.npz"), "--p", text])
    assert stop.value.code == 2
    printed = capsys.readouterr().err
    assert f"{text!r} is not a number such as 0.5, or two such as 0.3,0.7" in printed
    assert printed.count("\n") == 1


def test_a_count_may_be_a_power(model: str, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["explain", str(photo), CAPTION, "--model", model, "--out", str(out / "x.npz"), "--budget"]
    assert main([*arguments, "2**8"]) == 0
    assert Explanation.load(out / "x.npz").budget == 2**8
    capsys.readouterr()
    for wrong in ("many", "-5", "2**1000"):
        with pytest.raises(SystemExit) as stop:
            main([*arguments[:-1], f"--budget={wrong}"])
        assert stop.value.code == 2
        printed = capsys.readouterr().err
        assert f"'{wrong}' is not a positive whole number such as 65536 or 2**16" in printed
        assert printed.count("\n") == 1


def test_the_input_image_is_not_overwritten(model: str, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = photo.read_bytes()
    again = photo.parent / ".." / photo.parent.name / photo.name
    assert main(["explain", str(photo), CAPTION, "--model", model, "--out", str(again)]) == 2
    assert "is the image itself; choose another output file." in capsys.readouterr().err
    assert photo.read_bytes() == before


def test_an_interrupt_is_status_130(
    photo: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **options: object) -> Explanation:
        raise KeyboardInterrupt

    monkeypatch.setattr(Explainer, "explain", interrupt)
    assert main(["explain", str(photo), CAPTION, "--out", str(out / "x.npz")]) == 130
    assert capsys.readouterr().err == "fixlip-widget: interrupted.\n"
    assert not list(out.iterdir())


def test_python_m_runs_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fixlip_widget", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == fixlip_widget.__version__
