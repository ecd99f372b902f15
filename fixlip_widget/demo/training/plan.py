"""`Plan`: the hyperparameters of a training run and their schedules."""

from dataclasses import dataclass

BETAS, WEIGHT_DECAY = (0.9, 0.98), 0.05
KEEP_RANGE = (0.35, 0.95)
"""The keep probability of each masked input is drawn uniformly from this range."""


@dataclass(frozen=True)
class Plan:
    """Hyperparameters; the defaults are the recipe for one GPU.

    Attributes:
        steps: optimizer steps of the whole run, over which the schedules extend.
        seed: of the weights, the scenes and the masks.
        batch_size: pictures per step, even.
        peak_rate: learning rate after the warm-up.
        p_masked: share of pictures with hidden patches and, independently, of captions with hidden words.
        code_weight: weight of the loss towards symbolic codes, kept until 85 % of the run.
        naming_weight: initial weight of the loss that classifies patches, faded out from 30 % to 70 % of the run.
        pretrained: whether the run begins from trained weights, so that there are four things, masks and the full batch
            from the first step.
        average_decay: of the exponential moving average of the weights, which is what is saved for use.
    """

    steps: int
    seed: int = 0
    batch_size: int = 2048
    peak_rate: float = 1.5e-3
    p_masked: float = 0.5
    code_weight: float = 10.0
    naming_weight: float = 1.0
    pretrained: bool = False
    average_decay: float = 0.998

    def batch_size_at(self, step: int) -> int:
        """Half of the batch size in the first 10 % of the run, which allows more updates while features form."""
        return self.batch_size if self.pretrained or step >= 0.1 * self.steps else self.batch_size // 4 * 2

    def max_items_at(self, step: int) -> int:
        """At most two things per scene in the first 5 % of the run, then four."""
        return 4 if self.pretrained or step >= 0.05 * self.steps else 2

    def learning_rate_at(self, step: int) -> float:
        """Linear warm-up over the first 3 % of the run, at most 200 steps, and linear decay to zero from 60 % on."""
        warm_up = min(0.03 * self.steps, 200)
        return self.peak_rate * max(0.0, min((step + 1) / warm_up, 1.0, (1 - step / self.steps) / 0.4))

    def code_weight_at(self, step: int) -> float:
        """Constant until 85 % of the run, by when swaps are learnt, then linear decay to a tenth at its end."""
        return self.code_weight * min(1.0, max(0.1, (1 - step / self.steps) / 0.15))

    def naming_weight_at(self, step: int) -> float:
        """Constant in the first 30 % of the run, then linear decay to zero at 70 %."""
        return self.naming_weight * min(1.0, max(0.0, (0.7 - step / self.steps) / 0.4))

    def p_masked_at(self, step: int) -> float:
        """Zero in the first 5 % of the run, while features form, then linear growth up to 20 %."""
        done = 1.0 if self.pretrained else step / self.steps
        return self.p_masked * min(1.0, max(0.0, (done - 0.05) / 0.15))
