"""An interrupt between any two steps of sampling leaves the sums of whole batches, and the rest follows as without."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
import torch

from fixlip_widget.estimation import game, sampler
from fixlip_widget.estimation.game import BatchedEncoder
from fixlip_widget.estimation.sampler import MaskSampler
from fixlip_widget.interactions import accumulator, mask_sources, statistics
from fixlip_widget.interactions.mask_sources import MaskKind, mask_source
from tests.games import TableInput, random_embeddings

N_MASKS, BATCH, BLOCK = 60, 12, 16
INTERRUPTED = {module.__file__ for module in (sampler, game, accumulator, statistics, mask_sources)}


class Interrupter:
    """Raises KeyboardInterrupt before one bytecode of the modules under test, as Ctrl-C may."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Interrupter | None:
        if frame.f_code.co_filename not in INTERRUPTED:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.seen += 1
            if self.seen == self.at:
                raise KeyboardInterrupt
        return self

    def run(self, work: Callable[[], None]) -> bool:
        """Whether it was interrupted."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            work()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False


def new_sampler(kind: MaskKind, count: int = 0) -> MaskSampler:
    table = TableInput(random_embeddings(6, 5, seed=1), list("abcdef"), None)
    p = 0.5 if kind == "designed" else 0.3
    source = mask_source(kind, 6, p, 7)
    made = MaskSampler(BatchedEncoder(table, "image", BATCH), 2, p, source, keep_masks=kind != "all")
    made.extend(count, lambda done: None)
    return made


def assert_equal_sums(one: MaskSampler, other: MaskSampler) -> None:
    mine, others = one.accumulator._statistics, other.accumulator._statistics
    assert (mine is None) == (others is None)
    if mine is not None and others is not None:
        # In other blocks sums round otherwise.
        if mine.gram is not None and others.gram is not None:
            torch.testing.assert_close(mine.gram.tril(), others.gram.tril(), atol=1e-12, rtol=1e-12)
        torch.testing.assert_close(mine.moment, others.moment, atol=1e-12, rtol=1e-12)
        assert mine.count == others.count
        assert mine.weight == pytest.approx(others.weight)
        if not one.accumulator.exact:
            for kept, expected in zip(one.accumulator.kept, other.accumulator.kept, strict=True):
                torch.testing.assert_close(kept, expected, atol=0, rtol=0)


@pytest.mark.parametrize(("kind", "stride"), [("independent", 11), ("all", 11), ("designed", 31), ("distinct", 61)])
def test_an_interrupt_leaves_whole_batches(monkeypatch: pytest.MonkeyPatch, kind: MaskKind, stride: int) -> None:
    """One interrupt every `stride` bytecodes: prime, so that all kinds of steps are met."""
    for module in (sampler, accumulator):
        monkeypatch.setattr(module, "BLOCK_ROWS", BLOCK)
    counting = Interrupter(0)
    counting.run(lambda: new_sampler(kind).extend(N_MASKS, lambda done: None))
    whole = new_sampler(kind, N_MASKS)
    known = [new_sampler(kind, count) for count in range(0, N_MASKS + 1, BATCH)]
    partial = {len(one): one for one in known}  # designed masks count in blocks of 32
    assert counting.seen > 30 * stride
    for at in range(1, counting.seen, stride):
        interrupted = new_sampler(kind)
        if Interrupter(at).run(lambda: interrupted.extend(N_MASKS, lambda done: None)):  # noqa: B023 - called at once
            interrupted._flush()
            assert_equal_sums(interrupted, partial[len(interrupted)])
            interrupted.extend(N_MASKS, lambda done: None)
        assert_equal_sums(interrupted, whole)
