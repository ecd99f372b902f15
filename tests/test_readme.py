from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

README = Path(__file__).parent.parent / "README.md"


def test_the_code_for_a_notebook_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = README.read_text(encoding="utf-8").partition("## In a notebook")[2]
    (code, story, *_) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    said: dict[str, Any] = {}
    exec(compile(code, str(README), "exec"), said)
    exec(compile(story, str(README), "exec"), said)
    assert [step.click for step in said["told"].story] == [said["fox"], None, None]
    assert (tmp_path / "scene.html").stat().st_size > 50_000
    explanation, explainer = said["explanation"], said["explainer"]
    assert said["widget"].selected == [said["fox"]]
    together = said["deeper"].conditional([9, said["fox"]], joint=True)
    assert np.isnan(together).sum() == 2
    game = explainer.game(said["image"], said["caption"])
    assert explainer.r2(explanation) > 0.8
    lost = float(explanation.predict(said["without"])[0] - explanation.predict(np.ones(explanation.n_players))[0])
    mask = np.array([said["without"]])
    assert lost == pytest.approx(float(game(mask)[0]) - explanation.full_value + explanation.empty_value, abs=2)
