"""Data sets on disk, in exactly the layouts they are handed out in."""

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
from fixlip_widget.evaluation.data import scenes as painted
from fixlip_widget.evaluation.data.coco import captioned_images, most_similar
from fixlip_widget.evaluation.data.imagenet import CLASSES, PER_CLASS, QUADRUPLES, pointing_games
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
    """annotations/captions_val2017.json and val2017/000000000007.jpg, with a picture missing and one damaged."""
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
    """test/0.tar of a web data set: 0000.jpg, 0000.txt with a caption in each line, 0001.jpg …"""
    (tmp_path / "test").mkdir()
    files = {"0000.jpg": jpeg(0), "0000.txt": b"one\ntwo words\n\n", "0001.txt": b"no picture", "0002.txt": b"damaged"}
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


def test_annotations_and_their_images(coco: Path) -> None:
    told: list[str] = []
    images = captioned_images(coco, told.append)
    assert not told
    annotations = "annotations/captions_val2017.json"
    assert [image.key for image in images] == [f"{annotations}/{n:012}.jpg" for n in (7, 9, 12, 15)]
    assert images[1].captions == ("number 9.", *(f"{'very ' * k}number 9." for k in range(1, 5)))
    assert images[1].picture().size == (32, 24)
    for image, message in (
        (images[2], "000000000012.jpg cannot be read"),
        (images[3], "000000000015.jpg; check the path"),
    ):
        with pytest.raises(InputError, match=message):
            image.picture()


def test_pictures_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for seed, split in enumerate(("test", "val")):
        (tmp_path / split).mkdir()
        (tmp_path / split / "1.jpg").write_bytes(jpeg(seed))
        # One picture with two numbers is one picture.
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
        assert np.abs(np.asarray(image.picture()).astype(int) - np.asarray(picture(seed)).astype(int)).max() < 4


def test_of_each_image_the_best_caption_and_the_best_images_first(coco: Path) -> None:
    told: list[str] = []
    encoder = TableEncoder()
    pairs = most_similar(encoder, captioned_images(coco, told.append), told.append)
    home = "annotations/captions_val2017.json"
    assert [line.partition(":")[0] for line in told] == [f"{home}/000000000012.jpg", f"{home}/000000000015.jpg"]
    assert {pair.key for pair in pairs} == {f"{home}/000000000007.jpg", f"{home}/000000000009.jpg"}
    explainer = Explainer(encoder)
    captions = ["very " * k + "number 7." for k in range(5)]
    scores = {caption: explainer.game(picture(7), caption).full_value for caption in captions}
    chosen = {pair.key: pair.caption for pair in pairs}
    assert chosen[f"{home}/000000000007.jpg"] == max(scores, key=lambda caption: scores[caption])


def test_the_choice_of_images_is_made_once(coco: Path, tmp_path: Path) -> None:
    told: list[list[str]] = [[], [], []]

    def never() -> DualEncoder:
        raise AssertionError("The images were chosen again.")

    first = load_dataset(f"coco:{coco}", 1, TableEncoder, tmp_path, told[0].append)
    again = load_dataset(f"coco:{coco}", None, never, tmp_path, told[1].append)
    assert [pair.key for pair in again[:1]] == [pair.key for pair in first]
    assert len(again) == 2
    assert told[0] == told[1]
    assert again[0].picture().size == (32, 24)
    # Other images are chosen from anew.
    (coco / "val2017" / f"{12:012}.jpg").write_bytes(jpeg(12))
    path = coco / "annotations" / "captions_val2017.json"
    path.write_text(path.read_text().replace('"id": 15,', '"id": 16,').replace('"image_id": 15,', '"image_id": 16,'))
    (coco / "val2017" / f"{16:012}.jpg").write_bytes(jpeg(16))
    path.write_text(path.read_text().replace(f"{15:012}", f"{16:012}"))
    assert len(load_dataset(f"coco:{coco}", None, TableEncoder, tmp_path, told[2].append)) == 4
    assert not told[2]


def test_annotations_that_are_damaged_name_themselves(tmp_path: Path) -> None:
    (tmp_path / "captions_val2014.json").write_text('{"images": [')
    told: list[str] = []
    assert captioned_images(tmp_path, told.append) == []
    assert "captions_val2014.json is no file of captions (JSONDecodeError" in told[0]


def test_web_data_sets(shards: Path) -> None:
    told: list[str] = []
    images = captioned_images(shards, told.append)
    assert [(image.key, image.captions) for image in images][:2] == [
        ("test/0.tar/0000.jpg", ("one", "two words")),
        ("test/0.tar/0002.jpg", ("damaged",)),
    ]
    assert images[0].picture().size == (32, 24)
    with pytest.raises(InputError, match=r"0002.jpg in .*0.tar cannot be read as an image"):
        images[1].picture()
    assert any("0001.txt in" in line and "has no picture beside it" in line for line in told)
    assert any("2.tar cannot be read to its end (ReadError" in line for line in told)


@pytest.mark.parametrize("home", [".", "val"])
@pytest.mark.parametrize("by_number", [True, False])
def test_pointing_games(tmp_path: Path, home: str, by_number: bool) -> None:
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
    assert len(pairs) == PER_CLASS * len(QUADRUPLES) * 4
    assert len({pair.key for pair in pairs}) == len(pairs)
    assert [pair.caption for pair in pairs[:2]] == ["goldfish", "goldfish husky"]
    assert pairs[3].caption == "goldfish husky pizza tractor"
    assert pairs[3].targets == (("goldfish", 0), ("husky", 1), ("pizza", 2), ("tractor", 3))
    assert pairs[3].group == "4 of 4 named"
    whole = pairs[3].picture()
    assert whole.size == (448, 448)
    pixels, words = np.asarray(whole).astype(int), list(CLASSES)  # (448, 448, 3)
    for word, (row, column) in zip(
        pairs[3].caption.split(), ((100, 100), (100, 300), (300, 100), (300, 300)), strict=True
    ):
        expected = np.asarray(picture(words.index(word) + 1)).astype(int)[0, 0]
        assert np.abs(pixels[row, column] - expected).max() < 4
    second = [pair for pair in pairs if "-01-" in pair.key]
    with pytest.raises(InputError, match=r"ILSVRC2012_val_00001.JPEG cannot be read as an image"):
        second[0].picture()
    with pytest.raises(InputError, match=r"has 2 pictures of ball \(in n04254680 or ball\), and this grid needs 50"):
        pairs[-1].picture()


@pytest.mark.parametrize("make", [painted.scenes, painted.pointing_games])
def test_scenes_are_the_same_every_time_and_say_what_is_where(make: Callable[[], Iterator[Pair]]) -> None:
    one, other = (list(islice(make(), 8)) for _ in range(2))
    assert [pair.group[0] for pair in one] == list("12341234")
    tokenizer = DemoTokenizer()
    for a, b in zip(one, other, strict=True):
        assert (a.key, a.caption, a.targets) == (b.key, b.caption, b.targets)
        assert a.picture().tobytes() == b.picture().tobytes()
        _, tokens = tokenizer(a.caption)
        assert all(tokens.count(word) == 1 for word, _ in a.targets)
        assert len(a.targets) == 2 * int(a.group[0])
        # The caption of other things is as long, and shares no name with the picture's.
        assert len(a.absent.split()) == len(a.caption.split())
        assert not {word for word, _ in a.targets} & set(tokenizer(a.absent)[1])
        # A thing and its colour are in one place, and no two things are.
        assert len({place for _, place in a.targets}) == int(a.group[0])


@pytest.mark.parametrize(
    ("name", "limit", "message"),
    [
        ("photos", None, "There is no data 'photos'; use scenes, pointing, coco:DIR or imagenet:DIR"),
        ("coco:", None, "There is no data 'coco:'"),
        ("coco:nowhere", None, "There is no folder nowhere"),
        ("coco:.", None, "holds neither captions_.*.json nor tar files"),
        ("imagenet:.", None, "holds no pictures in a folder such as n02123159 or cat"),
        ("scenes", 0, "limit=0 leaves nothing to measure"),
    ],
)
def test_what_is_no_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        load_dataset(name, limit, TableEncoder, tmp_path, lambda problem: None)
