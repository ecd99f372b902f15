"""`Plan`: the hyperparameters of a training run and their schedules."""

from dataclasses import dataclass
from typing import Literal

BETAS, WEIGHT_DECAY = (0.9, 0.98), 0.05
KEEP_RANGE = (0.35, 0.95)
"""The keep probability of each masked input is drawn uniformly from this range."""


@dataclass(frozen=True)
class Plan:
    """Hyperparameters; the defaults are the recipe of the bundled encoder, of which each ablation changes a few.

    Attributes:
        steps: optimizer steps of the whole run, over which the schedules extend.
        seed: of the weights, the scenes and the masks.
        batch_size: images per step and process.
        peak_rate: learning rate before warm-up and decay, of which the run reaches 97 %.
        p_masked: share of images with hidden patches and, independently, of captions with hidden words.
        code_weight: weight of the loss towards symbolic codes.
        naming_weight: initial weight of the loss that classifies patches.
        loss: contrastive loss, that of CLIP or that of SigLIP.
        pooling: open_clip's `pool_type` of the image tower.
        image_places: root mean square of the initial position embedding of the patches.
        text_places: root mean square of a sinusoidal code added to open_clip's initial position embedding of the words.
    """

    steps: int
    seed: int = 0
    batch_size: int = 128
    peak_rate: float = 1e-3
    p_masked: float = 0.5
    code_weight: float = 10.0
    naming_weight: float = 1.0
    loss: Literal["softmax", "sigmoid"] = "softmax"
    pooling: Literal["avg", "tok"] = "avg"
    image_places: float = 0.7
    text_places: float = 0.0

    def batch_size_at(self, step: int) -> int:
        """Half of the batch size in the first 20 % of the run, which allows more updates while features form."""
        return self.batch_size // 2 if step < 0.2 * self.steps else self.batch_size

    def max_items_at(self, step: int) -> int:
        """At most two objects per scene in the first 10 % of the run, then four."""
        return 2 if step < 0.1 * self.steps else 4

    def learning_rate_at(self, step: int) -> float:
        """The smaller of a linear warm-up over the first 3 % of the run and a linear decay to zero over all of it."""
        done = step / self.steps
        return self.peak_rate * min(done / 0.03, 1 - done)

    def naming_weight_at(self, step: int) -> float:
        """Constant in the first 30 % of the run, then linear decay to zero at 70 %."""
        return self.naming_weight * min(1.0, max(0.0, (0.7 - step / self.steps) / 0.4))

    def p_masked_at(self, step: int) -> float:
        """Zero in the first 5 % of the run, while features form, then linear growth up to 20 %."""
        return self.p_masked * min(1.0, max(0.0, (step / self.steps - 0.05) / 0.15))
