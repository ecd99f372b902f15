"""Scenes on a grid, and what the card says of measurements and of a run."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.grid_scenes import draw_grid_scene, name_all
from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.scenes import is_unseen
from fixlip_widget.demo.statements import KINDS
from fixlip_widget.demo.training.build import build_model, save_model
from fixlip_widget.demo.training.evaluate import EVALUATION_NAME, UNSEEN_KINDS
from fixlip_widget.demo.training.evaluate_explanations import EXPLANATIONS_NAME, measure
from fixlip_widget.demo.training.model_card import model_card
from fixlip_widget.demo.training.train import HISTORY_NAME
from fixlip_widget.explainer import Explainer
from tests.demo.reading import items_of, reads_as_true


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights with the files that the commands of a real run write beside them."""
    folder: Path = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    save_model(build_model(), folder)
    retrieval = {"retrieval": 0.98, "retrieval, half of the patches hidden": 0.8}
    choices = dict.fromkeys(KINDS, 0.96) | {"thing swap": 0.9, "thing replaced": 0.99, "colour replaced": 0.99}
    figures = {"retrieval": retrieval, "choices": choices, "unseen": dict.fromkeys(UNSEEN_KINDS, 0.7)}
    figures |= {f"{group}, third family": dict.fromkeys(figures[group], 0.25) for group in ("retrieval", "choices")}
    evaluation = {"seed": 1, "choices": 1000, "galleries": 4, "gallery": 256, "third family": "x 1", "figures": figures}
    cells = [{"shown": 4, "named": 2, "PGR, things": 0.9123, "R², order 2": 0.88}]
    start = {"batch_size": 128, "device": "cpu", "threads": 1, "torch": "2", "seed": 0, "peak_rate": 0.0005}
    history = [
        {"start": 0, "steps": 60000, "initial": "abc", "note": "code: commit 1", **start},
        {"step": 2, "images": 256},
        {"start": 2, "steps": 8, "initial": "abc", "note": "", **start},  # stopped before it logged anything
        {"start": 2, "steps": 8, "initial": "abc", "note": "code: commit 2", **start},
        {"step": 4, "images": 400},
        {"step": 6, "images": 1512},
        {"checked": 6, "retrieval": 0.5},
    ]
    explanations = {"masks": 2048, "scenes": 50, "cells": cells}
    for name, content in ((EVALUATION_NAME, evaluation), (EXPLANATIONS_NAME, explanations)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / HISTORY_NAME).write_text("".join(json.dumps(line) + "\n" for line in history), encoding="utf-8")
    return folder


def test_the_card_says_what_was_trained_where_and_which_targets_are_missed(folder: Path) -> None:
    card = model_card(folder)
    assert (
        "- trained on 256 pictures in batches of 128, on cpu, 1 threads, torch 2, seed 0, rate 0.0005,"
        " schedules of 60,000 steps, begun from" in card
    )
    assert "`abc` (code: commit 1)" in card
    assert card.count("trained on ") == 3  # two parts, and the sentence about what it is
    assert "- trained on 1,256 pictures" in card
    assert "| thing swap | 0.900 | 0.700 | 0.250 | 0.95 |" in card
    assert "| 4 | 2 | 0.912 | 0.880 |" in card
    missed = card[card.index("Targets that are missed") :].splitlines()[0]
    assert missed == (
        "Targets that are missed: retrieval, half of the patches hidden 0.800 (target 0.85),"
        " thing swap 0.900 (target 0.95)."
    )


def test_explanations_of_an_untrained_encoder_point_nowhere(folder: Path) -> None:
    figures = measure(Explainer(load_encoder("cpu", weights=folder)), named=1, shown=2, count=2, n_masks=512)
    assert 0.2 < figures["PGR, things"] < 0.8
    assert figures["R², order 2"] < 1


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_grid_scenes_show_what_they_say(n: int) -> None:
    for seed in range(12):
        scene = draw_grid_scene(seed, n)
        caption = scene.caption(n)
        DemoTokenizer()(caption)
        items = items_of(scene.scenes, 0)
        assert reads_as_true(caption, items)
        assert [2 * (item.y > 0.5) + (item.x > 0.5) for item in items] == list(scene.quadrants)
        assert len(set(scene.things)) == len(set(scene.colours)) == n
        assert not is_unseen(scene.scenes.thing, scene.scenes.colour).any()
        absent = scene.absent_caption(n)
        assert not {*scene.things, *scene.colours} & {*absent.replace(",", "").split()}
    assert scene.render().size == (112, 112)
    assert np.asarray(scene.render()).std() > 5


def test_captions_join_what_they_name() -> None:
    named = [("fox", "red"), ("cat", "orange"), ("owl", "blue")]
    assert [name_all(named[:n]) for n in (1, 2, 3)] == [
        "a red fox",
        "a red fox and an orange cat",
        "a red fox, an orange cat and a blue owl",
    ]
