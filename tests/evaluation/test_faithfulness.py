"""How well explanations predict what they have not seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import rankdata, spearmanr

from fixlip_widget.evaluation.faithfulness import correlation, fresh_r2, fresh_values, r2, ranks, spearman
from tests.evaluation.samples import explanation, table_explainer


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=30))
def test_equals_share_their_rank(values: list[int]) -> None:
    array = np.array(values, dtype=np.float64)
    assert ranks(array).tolist() == (rankdata(array) - 1).tolist()


def test_scores_are_those_of_textbooks() -> None:
    shown = explanation()
    rng = np.random.default_rng(3)
    masks = rng.random((200, shown.n_players)) < 0.4
    predicted = shown.predict(masks)
    values = predicted + 3 * rng.normal(size=200)
    assert spearman(shown, masks, values) == pytest.approx(spearmanr(predicted, values).statistic)
    residual = ((values - predicted) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    assert r2(shown, masks, values) == pytest.approx(1 - residual)


def test_other_units_are_brought_to_logits_by_the_best_line() -> None:
    shown = explanation()
    masks = np.random.default_rng(3).random((200, shown.n_players)) < 0.4
    values = shown.predict(masks) ** 3
    line = np.polyval(np.polyfit(shown.predict(masks), values, 1), shown.predict(masks))
    expected = 1 - ((values - line) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    assert r2(shown.replace(units="cosine"), masks, values) == pytest.approx(expected)
    assert r2(shown, masks, values) < expected


def test_a_constant_tells_nothing() -> None:
    assert correlation(np.ones(5), np.arange(5.0)) == 0.0


def test_masks_are_kept_with_their_own_probabilities() -> None:
    explainer = table_explainer()
    picture, caption = Image.new("RGB", (6, 4)), "one two three"
    game = explainer.game(picture, caption)
    p = np.linspace(0.1, 0.9, game.n_players)
    masks, values = fresh_values(game, p, n_masks=4000, random_state=5)
    assert masks.mean(axis=0) == pytest.approx(p, abs=0.03)
    assert values[:20] == pytest.approx(game(masks[:20]))
    explanation = explainer.explain(picture, caption, p=0.3, progress=False)
    own = fresh_values(game, np.full(game.n_players, 0.3), random_state=9)
    assert fresh_r2(explanation, game, random_state=9) == r2(explanation, *own)
