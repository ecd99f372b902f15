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
from fixlip_widget.interactions.mask_sources import IndependentMasks
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
        MaskSampler(tower, 1, 0.5, IndependentMasks(15, 0.5, 0), keep_masks=True).extend(200, lambda done: None)
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
        masks[:] = False  # an encoder may use its argument as it likes
        return self.answer(len(masks))


def unit_ones(d: int, count: int) -> torch.Tensor:
    return F.normalize(torch.ones(count, d))


def third(vector: list[float], count: int) -> torch.Tensor:
    """Unit vectors but the third."""
    rows = unit_ones(2, count)
    rows[2:3] = torch.tensor(vector)
    return rows


MASKS = torch.tensor([[False, False], [True, True], [False, True], [True, False]])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda count: np.ones((count, 1)), "a ndarray; return a torch tensor"),
        (lambda count: unit_ones(2, count).tolist(), "a list; return a torch tensor"),
        (
            lambda count: unit_ones(2, count - 1),
            r"a tensor of shape \(3, 2\) for 4 masks; return one of shape \(4, d\)",
        ),
        (lambda count: unit_ones(2, count + 1), r"shape \(5, 2\) for 4 masks"),
        (lambda count: unit_ones(2, 0), r"shape \(0, 2\) for 4 masks"),
        (lambda count: unit_ones(2, count)[:, 0], r"shape \(4,\) for 4 masks"),
        (lambda count: unit_ones(2, count)[None], r"shape \(1, 4, 2\) for 4 masks"),
        (lambda count: torch.ones(count, 0), r"shape \(4, 0\) for 4 masks"),
        (lambda count: unit_ones(2, count).to("meta"), "a tensor of torch.float32 on meta"),
        (lambda count: unit_ones(1, count).int(), "a tensor of torch.int32 on cpu; return one of torch.float32"),
        (lambda count: unit_ones(2, count).to(torch.complex64), "a tensor of torch.complex64"),
        (partial(third, [torch.nan, 0]), "norm nan for the mask 01; look for a division by zero or an overflow"),
        (partial(third, [torch.inf, 0]), "norm inf for the mask 01; look for a division by zero or an overflow"),
        (partial(third, [0, 0]), "norm 0 for the mask 01; return vectors that are not zero"),
        (partial(third, [3, 0]), "norm 3 for the mask 01; divide each vector by its norm"),
        (partial(third, [0.9, 0]), "norm 0.9 for the mask 01"),
    ],
)
def test_embeddings_that_are_none_are_refused(answer: Callable[[int], Any], message: str) -> None:
    encoder = BatchedEncoder(Wrong(answer), "text", 16)
    with pytest.raises(InputError, match=rf"^embed\(\) of the text returned .*{message}"):
        encoder.embed(MASKS)
    assert encoder.forwards == 0
    assert MASKS.sum() == 4


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_embeddings_of_any_precision_are_taken(dtype: torch.dtype) -> None:
    assert len(BatchedEncoder(Wrong(lambda count: unit_ones(2, count).to(dtype)), "text", 16).embed(MASKS)) == 4


def test_every_batch_is_as_the_first() -> None:
    widths = iter([3, 3, 4])
    encoder = BatchedEncoder(Wrong(lambda count: unit_ones(next(widths), count)), "image", 2)
    encoder.embed(MASKS)
    with pytest.raises(InputError, match="image returned vectors of width 4 on cpu after some of width 3 on cpu"):
        encoder.embed(MASKS)


def test_both_modalities_share_a_space() -> None:
    three, four = (BatchedEncoder(Wrong(partial(unit_ones, d)), "image", 16) for d in (3, 4))
    with pytest.raises(
        InputError,
        match="The image embeddings have 3 dimensions and the text embeddings 4; return vectors of one width",
    ):
        SimilarityGame(three, four, 1.0, 0.0)
    vars(four)["empty_and_full"] = unit_ones(3, 2).to("meta")
    with pytest.raises(InputError, match="The image embeddings are on cpu and the text embeddings on meta"):
        SimilarityGame(three, four, 1.0, 0.0)
