"""Symbolic codes: inner products of statements with scenes."""

import itertools

import numpy as np
import pytest

from fixlip_widget.demo.scenes import Backdrop, Item, Scene, draw_scene
from fixlip_widget.demo.statements import NEGATIVES, Mention, Statement, draw_statement, falsehoods
from fixlip_widget.demo.training.codes import WIDTH, Code, item_code, statement_code

BACKDROP = Backdrop((240, 236, 228), (226, 234, 245), 30.0, 5)


def scene_code(scene: Scene) -> Code:
    code: Code = np.sum([item_code(item) for item in scene.items], axis=0, dtype=np.float32)
    return code


def inner_product(statement: Statement, scene: Scene) -> float:
    return float(statement_code(statement) @ scene_code(scene)) / WIDTH


def test_colours_are_bound_to_things() -> None:
    scene = Scene((Item("cat", "red", 0.5, 0.5, 0.3), Item("boat", "blue", 0.5, 0.5, 0.3)), BACKDROP)
    for thing, colour in itertools.product(("cat", "boat", "tree"), ("red", "blue", "pink")):
        shown = (thing == "cat" and colour == "red") or (thing == "boat" and colour == "blue")
        partial = 0.25 * (thing != "tree") + 0.25 * (colour != "pink")
        expected = shown + partial
        assert inner_product(Statement((Mention(thing, colour),)), scene) == pytest.approx(expected, abs=0.45)


def test_places_are_told_apart() -> None:
    cat = Statement((Mention("cat", "red"),))
    scenes = [Scene((Item("cat", "red", x, y, 0.3),), BACKDROP) for x, y in ((0.2, 0.4), (0.8, 0.4))]
    left, right = (Statement(cat.mentions, place=place) for place in ("left", "right"))
    fits = [inner_product(left, scene) - inner_product(right, scene) for scene in scenes]
    assert fits[0] > 0.5
    assert fits[1] < -0.5


@pytest.mark.parametrize("kind", NEGATIVES)
def test_true_statements_are_more_similar_than_false_ones(kind: str) -> None:
    is_more_similar = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        scene = draw_scene(rng, 1 + seed % 4, gridded=bool(seed % 2))
        statement = draw_statement(rng, scene)
        for false in falsehoods(statement, scene, kind)[:3]:
            is_more_similar.append(_cosine(statement, scene) > _cosine(false, scene))
    assert len(is_more_similar) > 50
    assert np.mean(is_more_similar) > 0.88


def _cosine(statement: Statement, scene: Scene) -> float:
    a, b = statement_code(statement), scene_code(scene)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
