"""Data sets: MS COCO and ImageNet on disk in their published layouts, and scenes of emoji."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.encoders import DualEncoder
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data import scenes as drawn
from fixlip_widget.evaluation.data.coco import captioned_images, most_similar
from fixlip_widget.evaluation.data.imagenet import CLASSES, IMAGES_PER_CLASS, QUADRUPLES, pointing_games
from fixlip_widget.evaluation.data.loading import load_dataset
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.explainer import Explainer
from tests.games import TableEncoder


def picture(seed: int, size: tuple[int, int] = (32, 24)) -> Image.Image:
    return Image.new("RGB", size, (seed * 40 % 256, 90, 200 - seed))


def jpeg(seed: int) -> bytes:
    content = io.BytesIO()
    picture(seed).save(content, "JPEG")
    return content.getvalue()


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """annotations/captions_val2017.json and val2017/000000000007.jpg, with an image missing and one damaged."""
    numbers = (7, 9, 12, 15)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "val2017").mkdir()
    content = {
        "info": {"year": 2017},
        "images": [{"id": n, "file_name": f"{n:012}.jpg", "height": 24, "width": 32} for n in numbers],
        "annotations": [
            {"image_id": n, "id": 10 * n + k, "caption": f"{'very ' * k}number {n}.\n"}
            for n in numbers
            for k in range(5)
        ],
    }
    (tmp_path / "annotations" / "captions_val2017.json").write_text(json.dumps(content))
    (tmp_path / "annotations" / "captions_train2017.json").write_text("{}")
    for n in (7, 9):
        (tmp_path / "val2017" / f"{n:012}.jpg").write_bytes(jpeg(n))
    (tmp_path / "val2017" / f"{12:012}.jpg").write_bytes(jpeg(12)[:50])
    return tmp_path


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """test/0.tar in the WebDataset layout: 0000.jpg, 0000.txt with one caption a line …; and two damaged tars."""
    (tmp_path / "test").mkdir()
    files = {"0000.jpg": jpeg(0), "0000.txt": b"one\ntwo words\n\n", "0001.txt": b"no image", "0002.txt": b"damaged"}
    files |= {"0002.jpg": jpeg(2)[:40], "0002.json": b"{}"}
    with tarfile.open(tmp_path / "test" / "0.tar", "w") as shard:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
    whole = (tmp_path / "test" / "0.tar").read_bytes()
    (tmp_path / "test" / "1.tar").write_bytes(whole[:700])
    (tmp_path / "test" / "2.tar").write_bytes(b"nonsense")
    return tmp_path


def test_annotations_are_matched_with_their_images(coco: Path) -> None:
    messages: list[str] = []
    images = captioned_images(coco, messages.append)
    assert not messages
    annotations = "annotations/captions_val2017.json"
    assert [image.key for image in images] == [f"{annotations}/{n:012}.jpg" for n in (7, 9, 12, 15)]
    assert images[1].captions == ("number 9.", *(f"{'very ' * k}number 9." for k in range(1, 5)))
    assert images[1].load_image().size == (32, 24)
    for image, message in (
        (images[2], "000000000012.jpg cannot be read"),
        (images[3], "000000000015.jpg; check the path"),
    ):
        with pytest.raises(InputError, match=message):
            image.load_image()


def test_images_of_equal_names_have_different_keys(tmp_path: Path) -> None:
    for seed, split in enumerate(("test", "val")):
        (tmp_path / split).mkdir()
        (tmp_path / split / "1.jpg").write_bytes(jpeg(seed))
        # One file under two ids is one image.
        content = {
            "images": [{"id": n, "file_name": "1.jpg"} for n in (3, 5)],
            "annotations": [{"image_id": n, "caption": f"{split} {n}"} for n in (5, 3)],
        }
        (tmp_path / f"captions_{split}.json").write_text(json.dumps(content))
    images = captioned_images(tmp_path, print)
    assert [(image.key, image.captions) for image in images] == [
        (f"captions_{split}.json/1.jpg", (f"{split} 3", f"{split} 5")) for split in ("test", "val")
    ]
    for seed, image in enumerate(images):
        assert np.abs(np.asarray(image.load_image()).astype(int) - np.asarray(picture(seed)).astype(int)).max() < 4


def test_images_are_ranked_by_their_most_similar_caption(tmp_path: Path) -> None:
    captions = {3: ("one", "one two"), 5: ("one two three",), 8: ("one", "four five six seven")}
    content = {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in (*captions, 9)],
        "annotations": [{"image_id": n, "caption": text} for n, texts in captions.items() for text in texts]
        + [{"image_id": 9, "caption": "one"}],
    }
    (tmp_path / "captions_val2017.json").write_text(json.dumps(content))
    for n in captions:
        (tmp_path / f"{n}.jpg").write_bytes(jpeg(n))
    messages: list[str] = []
    encoder = TableEncoder()
    pairs = most_similar(encoder, captioned_images(tmp_path, messages.append), messages.append)
    assert [message.partition(":")[0] for message in messages] == ["captions_val2017.json/9.jpg"]
    explainer = Explainer(encoder)
    # Values of the table encoder depend on the number of words alone.
    values = {text: explainer.game(picture(0), text).full_value for texts in captions.values() for text in texts}
    best = {n: max(texts, key=lambda text: values[text]) for n, texts in captions.items()}
    ranked = sorted(captions, key=lambda n: -values[best[n]])
    assert ranked != sorted(captions)
    assert [(pair.key, pair.caption) for pair in pairs] == [(f"captions_val2017.json/{n}.jpg", best[n]) for n in ranked]


def test_the_selection_is_cached_for_the_same_images(coco: Path, tmp_path: Path) -> None:
    messages: list[list[str]] = [[], [], []]

    def unavailable() -> DualEncoder:
        raise AssertionError("The cached selection was not used.")

    first = load_dataset(f"coco:{coco}", 1, TableEncoder, tmp_path, messages[0].append)
    cached = load_dataset(f"coco:{coco}", None, unavailable, tmp_path, messages[1].append)
    assert len(first) == 1
    assert len(cached) == 2
    assert (cached[0].key, cached[0].caption) == (first[0].key, first[0].caption)
    assert len(messages[0]) == 2
    assert messages[0] == messages[1]
    assert cached[0].load_image().size == (32, 24)
    # Image 15 becomes 16, so the cache is no longer valid; both unreadable files are repaired.
    path = coco / "annotations" / "captions_val2017.json"
    content = path.read_text().replace('"id": 15,', '"id": 16,').replace('"image_id": 15,', '"image_id": 16,')
    path.write_text(content.replace(f"{15:012}", f"{16:012}"))
    for n in (12, 16):
        (coco / "val2017" / f"{n:012}.jpg").write_bytes(jpeg(n))
    assert len(load_dataset(f"coco:{coco}", None, TableEncoder, tmp_path, messages[2].append)) == 4
    assert not messages[2]


def test_damaged_annotations_are_reported(tmp_path: Path) -> None:
    (tmp_path / "captions_val2014.json").write_text('{"images": [')
    messages: list[str] = []
    assert captioned_images(tmp_path, messages.append) == []
    assert "captions_val2014.json is not a caption file (JSONDecodeError" in messages[0]


def test_tar_shards_are_read(shards: Path) -> None:
    messages: list[str] = []
    images = captioned_images(shards, messages.append)
    assert [(image.key, image.captions) for image in images] == [
        ("test/0.tar/0000.jpg", ("one", "two words")),
        ("test/0.tar/0002.jpg", ("damaged",)),
    ]
    assert images[0].load_image().size == (32, 24)
    with pytest.raises(InputError, match=r"0002.jpg in .*0.tar cannot be read as an image"):
        images[1].load_image()
    folder = shards / "test"
    expected = [
        f"0001.txt in {folder / '0.tar'} has no image of the same name",
        f"{folder / '1.tar'} cannot be read to its end (ReadError",
        f"{folder / '2.tar'} cannot be read to its end (ReadError",
    ]
    for message, start in zip(messages, expected, strict=True):
        assert message.startswith(start)


@pytest.mark.parametrize("home", [".", "val"])
@pytest.mark.parametrize("by_number", [True, False])
def test_imagenet_grids(tmp_path: Path, home: str, by_number: bool) -> None:
    for seed, (word, number) in enumerate(CLASSES.items()):
        folder = tmp_path / home / (number if by_number else word)
        folder.mkdir(parents=True)
        (folder / ".DS_Store").write_bytes(b"x")
        (folder / "._ILSVRC2012_val_00000.JPEG").write_bytes(b"x")
        (folder / "readme.txt").write_text("")
        for index in range(2):
            picture(seed + 1, (50, 30 + index)).save(folder / f"ILSVRC2012_val_0000{index}.JPEG")
    (tmp_path / home / (CLASSES["pizza"] if by_number else "pizza") / "ILSVRC2012_val_00001.JPEG").write_bytes(b"x")
    pairs = list(pointing_games(tmp_path))
    assert len(pairs) == IMAGES_PER_CLASS * len(QUADRUPLES) * 4
    assert len({pair.key for pair in pairs}) == len(pairs)
    assert [pair.caption for pair in pairs[:2]] == ["goldfish", "goldfish husky"]
    assert pairs[3].caption == "goldfish husky pizza tractor"
    assert pairs[3].targets == (("goldfish", 0), ("husky", 1), ("pizza", 2), ("tractor", 3))
    assert pairs[3].group == "4 of 4 named"
    grid = pairs[3].load_image()
    assert grid.size == (448, 448)
    pixels, words = np.asarray(grid).astype(int), list(CLASSES)  # (448, 448, 3)
    for word, (row, column) in zip(
        pairs[3].caption.split(), ((100, 100), (100, 300), (300, 100), (300, 300)), strict=True
    ):
        expected = np.asarray(picture(words.index(word) + 1)).astype(int)[0, 0]
        assert np.abs(pixels[row, column] - expected).max() < 4
    second = [pair for pair in pairs if "-01-" in pair.key]
    with pytest.raises(InputError, match=r"ILSVRC2012_val_00001.JPEG cannot be read as an image"):
        second[0].load_image()
    with pytest.raises(InputError, match=r"has fewer than 50 images of ball \(in n04254680 or ball\); add more"):
        pairs[-1].load_image()


@pytest.mark.parametrize("pairs", [drawn.scenes, drawn.pointing_games])
def test_scenes_are_reproducible_and_annotated(pairs: Callable[[], Iterator[Pair]]) -> None:
    first, again = (list(islice(pairs(), 8)) for _ in range(2))
    assert [pair.group[0] for pair in first] == list("12341234")
    tokenizer = DemoTokenizer()
    for pair, other in zip(first, again, strict=True):
        assert (pair.key, pair.caption, pair.targets) == (other.key, other.caption, other.targets)
        assert pair.load_image().tobytes() == other.load_image().tobytes()
        n_named = int(pair.group[0])
        _, tokens = tokenizer(pair.caption)
        assert all(tokens.count(word) == 1 for word, _ in pair.targets)
        assert len(pair.targets) == 2 * n_named
        # A thing and its colour are in one quadrant, and no two things are.
        assert len({quadrant for _, quadrant in pair.targets}) == n_named
        # The caption of absent things is as long, and names nothing that is shown.
        assert len(pair.absent.split()) == len(pair.caption.split())
        assert not {word for word, _ in pair.targets} & set(tokenizer(pair.absent)[1])


HUES = {"red": 357, "orange": 30, "yellow": 48, "green": 133, "blue": 218, "purple": 274, "pink": 336}
"""Of the tints in degrees."""


@pytest.mark.parametrize("pairs", [drawn.scenes, drawn.pointing_games])
def test_targets_are_where_the_scene_shows_them(pairs: Callable[[], Iterator[Pair]]) -> None:
    checked = 0
    for pair in islice(pairs(), 12):
        hsv = np.asarray(pair.load_image().convert("HSV")).astype(int)  # (112, 112, 3)
        quadrants = hsv.reshape(2, 56, 2, 56, 3).swapaxes(1, 2).reshape(4, -1, 3)
        hue, saturation = quadrants[..., 0] * 360 / 256, quadrants[..., 1]  # each (4, pixels)
        for word, quadrant in pair.targets:
            if word in HUES:
                distance = np.abs((hue - HUES[word] + 180) % 360 - 180)  # (4, pixels)
                share = ((distance < 7) & (saturation > 100)).mean(axis=1)  # (4,)
                assert share.argmax() == quadrant, (pair.key, word)
                checked += 1
    assert checked > 20


@pytest.mark.parametrize(
    ("name", "limit", "message"),
    [
        ("photos", None, "There is no data set 'photos'; use scenes, pointing, coco:DIR or imagenet:DIR"),
        ("coco:", None, "There is no data set 'coco:'"),
        ("coco:nowhere", None, "There is no folder nowhere"),
        ("coco:.", None, "holds neither captions_.*.json nor tar files"),
        ("imagenet:.", None, "holds no images in a folder such as n02123159 or cat"),
        ("scenes", 0, "limit=0 leaves no pairs"),
    ],
)
def test_unknown_data_sets_and_empty_folders_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        load_dataset(name, limit, TableEncoder, tmp_path, lambda problem: None)
