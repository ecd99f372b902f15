"""`fixlip-widget evaluate`: from the command line to the files it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from fixlip_widget.cli import main
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.command import evaluate
from fixlip_widget.explainer import Explainer
from tests.encoders.models import random_clip, write_folder
from tests.evaluation.test_data import jpeg


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"open_clip:local-dir:{write_folder(tmp_path_factory.mktemp('cli') / 'clip', random_clip())}"


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    folder = tmp_path / "coco"
    folder.mkdir()
    content = {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(3)],
        "annotations": [{"image_id": n, "caption": caption} for n in range(3) for caption in ("red cat", "big dog")],
    }
    (folder / "captions_val2014.json").write_text(json.dumps(content))
    for n in range(2):
        noise = np.random.default_rng(n).integers(0, 256, (48, 32, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{n}.jpg")
    (folder / "2.jpg").write_bytes(jpeg(2)[:40])
    return folder


def test_a_run_writes_its_results_and_can_be_extended(
    model: str, coco: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["evaluate", "--data", f"coco:{coco}", "--model", model, "--out", str(out)]
    arguments += ["--metrics", "aid,faithfulness", "--budget", "2**10"]
    assert main([*arguments, "--methods", "fixlip:0.3,game"]) == 0
    printed = capsys.readouterr()
    assert "2.jpg: " in printed.err
    assert "1 could not be used." in printed.out
    assert (out / "table.md").read_text().strip() == printed.out.strip()
    names = ["| method |", "| --- |", "| fixlip:0.3 |", "| game |", "| pairs |"]
    for line, name in zip(printed.out.splitlines()[2:7], names, strict=True):
        assert line.startswith(name)
    with Image.open(out / "curves.png") as picture:
        assert picture.width > 600
    # A run with one more method measures only that.
    before = (out / "journal.jsonl").read_bytes()
    assert main([*arguments, "--methods", "fixlip:0.3,game,exclip"]) == 0
    after = (out / "journal.jsonl").read_bytes()
    assert after.startswith(before)
    added = [record["method"] for line in after[len(before) :].splitlines() for record in json.loads(line)["records"]]
    assert added == ["exclip"] * 4
    rows = parquet.read_table(out / "results.parquet").to_pylist()
    assert {row["method"] for row in rows} == {"fixlip:0.3", "game", "exclip"}
    assert {row["pair"] for row in rows} == {f"captions_val2014.json/{n}.jpg" for n in range(2)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "magic"], "There is no method 'magic'"),
        (["--metrics", "beauty"], "There is no metric 'beauty'; use aid, pgr, faithfulness, sanity."),
        (["--data", "photos"], "There is no data set 'photos'"),
        (["--methods", "fixlip/3"], "'aid' supports orders up to 2, not that of fixlip/3; leave out the metric or"),
        (["--methods", ","], "There is no method or no metric; metrics are aid, pgr, faithfulness, sanity."),
        (["--metrics", ","], "There is no method or no metric; metrics are aid, pgr, faithfulness, sanity."),
        (["--engine", "steam"], "There is no engine 'steam'; use local or ray."),
    ],
)
def test_unusable_arguments_are_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["evaluate", "--out", str(tmp_path / "out"), *options]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("name", ["methods", "metrics"])
def test_a_single_method_or_metric_is_not_a_list(tmp_path: Path, name: str) -> None:
    given: dict[str, Any] = {"methods": ["fixlip"], "metrics": ["aid"], name: "aid"}
    with pytest.raises(InputError, match=f"{name} is a list, not str; put it in brackets"):
        evaluate(Explainer.demo, model="demo", data="scenes", out=tmp_path, **given)


def test_a_run_is_resumed_in_its_own_precision_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "--methods", "rollout", "--metrics", "pgr", "--out", str(tmp_path), "--device", "cpu"]
    assert main([*arguments, "--limit", "1", "--precision", "bf16"]) == 0
    assert main([*arguments, "--limit", "2", "--precision", "fp32"]) == 2
    assert "has results of precision='bfloat16'; choose another folder" in capsys.readouterr().err
    assert main([*arguments, "--limit", "2", "--precision", "bf16"]) == 0
    assert len({row["pair"] for row in parquet.read_table(tmp_path / "results.parquet").to_pylist()}) == 2


def test_repeated_methods_and_metrics_are_measured_once(tmp_path: Path) -> None:
    arguments = ["evaluate", "--data", "pointing", "--limit", "2", "--out", str(tmp_path)]
    assert main([*arguments, "--methods", "rollout,rollout", "--metrics", "pgr,pgr"]) == 0
    rows = parquet.read_table(tmp_path / "results.parquet").to_pylist()
    assert len({(row["pair"], row["metric"]) for row in rows}) == len(rows) == 4
    assert (tmp_path / "table.md").read_text().count("| rollout") == 1


def test_a_folder_without_results_accepts_other_settings(tmp_path: Path) -> None:
    arguments = ["evaluate", "--limit", "1", "--methods", "rollout", "--metrics", "pgr", "--out", str(tmp_path)]
    assert main([*arguments, "--data", "scenez"]) == 2
    assert json.loads((tmp_path / "settings.json").read_text())["data"] == "scenez"
    assert main([*arguments, "--data", "pointing"]) == 0
    assert json.loads((tmp_path / "settings.json").read_text())["data"] == "pointing"


def test_failures_are_counted_in_the_title(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "--limit", "2", "--metrics", "aid", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--methods", "fixlip@60,rollout"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("2 pairs of scenes, demo; mean ± standard error. 2 could not be measured.\n")
    for scene in range(2):
        assert f"scene-{scene:05}, fixlip@60: 60 image" in printed.err
    assert main([*arguments, "--methods", "fixlip@60"]) == 2
    assert "Nothing of scenes could be measured; see the messages above." in capsys.readouterr().err
