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
from fixlip_widget.estimation.game import BatchedEncoder, RowBuffer, SimilarityGame
from fixlip_widget.estimation.sampler import MaskSampler
from tests.games import TableEncoder, TableInput


def test_rows_are_gathered_in_order() -> None:
    gathered = RowBuffer(7)
    gathered.add(torch.tensor([[1.0, 2.0]]), torch.tensor([True]))
    gathered.add(torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.tensor([False, True]))
    rows, flags = gathered.columns
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert flags.tolist() == [True, False, True]
    assert gathered.count == 3


@pytest.mark.parametrize("owner", [TableInput, BatchedEncoder])
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
    tower = BatchedEncoder(encoder.image(""), "image", 16)
    monkeypatch.setattr(owner, "embed", watched)
    if owner is BatchedEncoder:
        MaskSampler(tower, 1, 0.5, 0, enumerate_all=False, keep_masks=True).extend(200, lambda done: None)
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
    with pytest.raises(InputError, match=r"embed\(\) of the image returned a ndarray; return a torch tensor"):
        _ = BatchedEncoder(Wrong(lambda count: np.ones((count, 1))), "image", 16).empty_and_full
    with pytest.raises(InputError, match=r"embed\(\) of the image returned vectors whose norms differ from 1 by nan"):
        _ = BatchedEncoder(Wrong(lambda count: torch.full((count, 1), torch.nan)), "image", 16).empty_and_full
    three, four = (BatchedEncoder(Wrong(partial(unit_ones, d)), "image", 16) for d in (3, 4))
    with pytest.raises(
        InputError,
        match="The image embeddings have 3 dimensions and the text embeddings 4; return vectors of one width",
    ):
        SimilarityGame(three, four, 1.0, 0.0)
    with pytest.raises(
        InputError,
        match=r"embed\(\) of the text returned vectors whose norms differ from 1 by 2; divide each by its norm",
    ):
        _ = BatchedEncoder(Wrong(lambda count: 3 * torch.eye(2)[:count]), "text", 16).empty_and_full
    assert len(BatchedEncoder(Wrong(lambda count: torch.eye(2)[:count].bfloat16()), "text", 16).empty_and_full) == 2
