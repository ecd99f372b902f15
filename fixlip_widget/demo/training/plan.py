"""The whole course of a training run; everything that changes on the way is a function of the share done."""

from dataclasses import dataclass
from typing import Literal

BETAS, WEIGHT_DECAY = (0.9, 0.98), 0.05
KEEP_RANGE = (0.35, 0.95)  # a masked input keeps each token with a probability drawn from here


@dataclass(frozen=True)
class Plan:
    """The defaults are the recipe of the bundled encoder; its ablations change one of them at a time."""

    steps: int
    seed: int = 0
    batch_size: int = 128
    peak_rate: float = 1e-3
    p_masked: float = 0.5  # share of pictures with hidden patches and, independently, of captions with hidden words
    code_weight: float = 10.0
    naming_weight: float = 1.0
    loss: Literal["softmax", "sigmoid"] = "softmax"
    pooling: Literal["avg", "tok"] = "avg"
    image_places: float = 0.7  # root mean square of the patches' position code at the start
    text_places: float = 0.0  # of a code added to open_clip's own start for the words

    def size_at(self, step: int) -> int:
        """Small batches first: more updates while the features form."""
        return self.batch_size // 2 if step < 0.2 * self.steps else self.batch_size

    def max_items_at(self, step: int) -> int:
        """One and two objects first."""
        return 2 if step < 0.1 * self.steps else 4

    def rate_at(self, step: int) -> float:
        """Up over the first 3 %, then straight down to nothing."""
        done = step / self.steps
        return self.peak_rate * min(done / 0.03, 1 - done)

    def naming_at(self, step: int) -> float:
        """Weight of the naming of patches: all in the first 30 % of the run, then straight down to 0 at 70 %."""
        return self.naming_weight * min(1.0, max(0.0, (0.7 - step / self.steps) / 0.4))

    def masked_at(self, step: int) -> float:
        """Chance of a masked input: none in the first 5 %, while the features form, and all of it from 20 % on."""
        return self.p_masked * min(1.0, max(0.0, (step / self.steps - 0.05) / 0.15))
