"""What a game asks of an encoder, and what it keeps of the answers."""

from __future__ import annotations

import weakref

import torch
from PIL import Image

from fixlip_widget.encoders import ImageLike
from fixlip_widget.explainer import Explainer
from fixlip_widget.game import Gathered, Tower
from tests.games import TableEncoder, TableInput


def test_rows_are_gathered_in_order() -> None:
    gathered = Gathered(7)
    gathered.add(torch.tensor([[1.0, 2.0]]), torch.tensor([True]))
    gathered.add(torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.tensor([False, True]))
    rows, flags = gathered.columns
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert flags.tolist() == [True, False, True]
    assert gathered.count == 3


def test_no_batch_outlives_the_next() -> None:
    """Kept, they would hold the heap open between one forward's temporaries and the next's."""
    answers: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    class Watched(TableInput):
        def embed(self, masks: torch.Tensor) -> torch.Tensor:
            alive.append(sum(answer() is not None for answer in answers))
            answer = super().embed(masks)
            answers.append(weakref.ref(answer))
            return answer

    class Watching(TableEncoder):
        grid = (3, 5)

        def image(self, image: ImageLike) -> TableInput:
            plain = super().image(image)
            return Watched(plain._table, plain.tokens, plain.grid)

    encoder, picture = Watching(), Image.new("RGB", (5, 3))
    Explainer(encoder).explain(picture, "black dog next to", n_image_masks=3000, random_state=0, progress=False)
    many = Tower(encoder.image(picture), "image", 16).embed(torch.rand(200, 15) < 0.5)
    assert len(many) == 200
    assert len(answers) > 12
    assert max(alive) <= 1
