"""The evaluation loop: failures, and runs that are resumed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.engine import run_locally
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import METRICS, Number
from fixlip_widget.evaluation.runner import run
from fixlip_widget.explanation import Explanation
from tests.evaluation import samples
from tests.evaluation.samples import SPECS, run_table_pairs, table_explainer, table_pairs


def test_an_unreadable_image_is_reported_and_the_run_continues(tmp_path: Path) -> None:
    journal, messages = run_table_pairs(tmp_path)
    assert messages == ["b: b.png cannot be read as an image."]
    assert {record["pair"] for record in journal.records} == {"a", "c", "d"}
    assert len(journal.records) == 3 * len(SPECS) * len(samples.METRICS)


def test_a_second_run_measures_only_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, messages = run_table_pairs(tmp_path)
    content = (tmp_path / "journal.jsonl").read_bytes()

    def explain(self: EvaluationCase, spec: MethodSpec, caption: str | None = None) -> Explanation:
        raise AssertionError(f"{spec} on {self.pair.key} was measured again.")

    monkeypatch.setattr(EvaluationCase, "explain", explain)
    again, messages_again = run_table_pairs(tmp_path)
    assert again.records == journal.records
    assert (tmp_path / "journal.jsonl").read_bytes() == content
    assert messages_again == messages


def test_a_failure_is_limited_to_its_method_or_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def undefined(case: EvaluationCase, spec: MethodSpec, explanation: Explanation) -> list[Number]:
        raise InputError("It is undefined.")

    monkeypatch.setitem(METRICS, "undefined", undefined)
    specs = [MethodSpec.parse(text) for text in ("fixlip@3", "shapley")]
    expected = ["a, fixlip@3: 3 image × 8 text masks cannot", "a, shapley, undefined: It is undefined."]
    for _ in range(2):  # failures are not recorded, so the second run has them again
        messages: list[str] = []
        journal = Journal(tmp_path, {})
        arguments = table_pairs()[:1], specs, ["undefined", "aid"]
        assert run(partial(run_locally, table_explainer()), *arguments, journal, messages.append) == len(expected)
        for message, start in zip(messages, expected, strict=True):
            assert message.startswith(start)
        assert [(record["method"], record["measured"]) for record in journal.records] == [("shapley", "aid")]
