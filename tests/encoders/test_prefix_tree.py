"""Captions read as trees are the captions read one by one, at less work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.encoders.masking import MaskedTokens
from fixlip_widget.encoders.openclip_towers import CausalOpenClipTextTower, openclip_text_tower
from fixlip_widget.encoders.prefix_tree import PrefixTrees
from fixlip_widget.encoders.tokenizers import TokenizedCaption
from fixlip_widget.interactions.masks import all_masks
from tests.encoders.models import random_clip

LENGTH, END = 9, 49407


@pytest.fixture(scope="module")
def tower() -> CausalOpenClipTextTower:
    tower = openclip_text_tower(random_clip(seed=3))
    assert isinstance(tower, CausalOpenClipTextTower)
    return tower


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), m=st.integers(1, 12), captions_per_tree=st.integers(1, 12), words=st.integers(1, 3))
def test_a_forest_reads_what_each_caption_says(
    tower: CausalOpenClipTextTower, seed: int, m: int, captions_per_tree: int, words: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, 1 + words, (m, LENGTH), generator=generator)  # (m, L)
    ids[:, -1] = END
    visible = torch.rand(m, LENGTH, generator=generator) < 0.6  # (m, L)
    with torch.inference_mode():
        together = tower.encode_trees(ids, PrefixTrees.of(ids, visible, captions_per_tree))
        alone = torch.cat([tower.encode(ids[i : i + 1], visible[i : i + 1]) for i in range(m)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_all_masks_of_a_caption_share_all_that_can_be_shared() -> None:
    n = 6
    visible = F.pad(all_masks(n, 0.5).masks, (1, 1), value=True)  # (2ⁿ, 1 + n + 1)
    ids = torch.arange(n + 2).expand(len(visible), -1)  # (2ⁿ, 1 + n + 1)
    whole = PrefixTrees.of(ids, visible, captions_per_tree=2**n)
    assert whole.position.shape == (1, 1 + (2**n - 1) + 2**n)  # the start mark, the tokens, the end marks
    assert whole.position[0].bincount().tolist() == [1, 1, 2, 4, 8, 16, 32, 64]
    apart = PrefixTrees.of(ids, visible, captions_per_tree=16)
    assert apart.position.shape == (4, 1 + 2 + (1 + 2 + 4 + 8) + 16)  # neighbours have their first two bits in common


def test_trees_are_read_where_they_save_work(tower: CausalOpenClipTextTower, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[str, int]] = []

    def reads(how: str) -> Callable[[Tensor, object], Tensor]:
        def encode(ids: Tensor, _: object) -> Tensor:
            read.append((how, len(ids)))
            return torch.ones(len(ids), 2)

        return encode

    monkeypatch.setattr(tower, "encode", reads("alone"))
    monkeypatch.setattr(tower, "encode_trees", reads("together"))
    reading = TokenizedCaption(ids=[1, *range(2, 10), END], tokens=[f"token {i}" for i in range(8)], offset=1)
    words = MaskedTokens(tower, reading, "attention", torch.device("cpu"), torch.float32)
    words.embed(all_masks(8, 0.5).masks)
    words.embed(torch.rand(5, 8, generator=torch.Generator().manual_seed(0)) < 0.5)
    assert read == [("together", 256), ("alone", 5)]
