"""What a game asks of an encoder, and what it keeps of the answers."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fixlip_widget.errors import InputError
from fixlip_widget.estimation.game import Gathered, SimilarityGame, Tower
from fixlip_widget.estimation.sampler import Survey
from tests.games import TableEncoder, TableInput


def test_rows_are_gathered_in_order() -> None:
    gathered = Gathered(7)
    gathered.add(torch.tensor([[1.0, 2.0]]), torch.tensor([True]))
    gathered.add(torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.tensor([False, True]))
    rows, flags = gathered.columns
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert flags.tolist() == [True, False, True]
    assert gathered.count == 3


@pytest.mark.parametrize("owner", [TableInput, Tower])
def test_no_batch_outlives_the_next(owner: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept, they would hold the heap open between one forward's temporaries and the next's."""
    answers: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []
    embed: Callable[..., torch.Tensor] = owner.embed  # type: ignore[attr-defined]

    def watched(self: object, *masks: Any) -> torch.Tensor:
        alive.append(sum(answer() is not None for answer in answers))
        answer = embed(self, *masks)
        answers.append(weakref.ref(answer))
        return answer

    class Encoder(TableEncoder):
        grid = (3, 5)

    encoder = Encoder()
    tower = Tower(encoder.image(""), "image", 16)
    monkeypatch.setattr(owner, "embed", watched)
    if owner is Tower:
        Survey(tower, 1, 0.5, 0, everything=False, keep=True).extend(200, lambda done: None)
    else:
        tower.embed(torch.rand(200, 15) < 0.5)
    assert len(answers) == 13
    assert max(alive) <= 1


class Wrong:
    """What a user's first encoder may give."""

    tokens, grid, n_players = ["a", "b"], None, 2

    def __init__(self, answer: Callable[[int], Any]) -> None:
        self.answer = answer

    def embed(self, masks: torch.Tensor) -> Any:
        return self.answer(len(masks))


def unit_ones(d: int, count: int) -> torch.Tensor:
    return F.normalize(torch.ones(count, d))


def test_embeddings_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="embed gave a ndarray for the image; return a torch tensor"):
        _ = Tower(Wrong(lambda count: np.ones((count, 1))), "image", 16).ends
    with pytest.raises(InputError, match="embed gave vectors nan off unit length"):
        _ = Tower(Wrong(lambda count: torch.full((count, 1), torch.nan)), "image", 16).ends
    three, four = (Tower(Wrong(partial(unit_ones, d)), "image", 16) for d in (3, 4))
    with pytest.raises(InputError, match="embed gave 3 numbers for the image, 4 for the text"):
        SimilarityGame(three, four, 1.0, 0.0)
    with pytest.raises(InputError, match="embed gave vectors 2 off unit length for the text; divide each by its norm"):
        _ = Tower(Wrong(lambda count: 3 * torch.eye(2)[:count]), "text", 16).ends
    assert len(Tower(Wrong(lambda count: torch.eye(2)[:count].bfloat16()), "text", 16).ends) == 2
