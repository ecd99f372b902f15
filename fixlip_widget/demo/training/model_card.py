"""Write the model card of trained weights from the measurements beside them.

python -m fixlip_widget.demo.training.model_card
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import open_clip

from fixlip_widget.demo.lexicon import SYNONYMS, WORDS
from fixlip_widget.demo.model import WEIGHTS, WEIGHTS_NAME, load_model
from fixlip_widget.demo.sprites import CREDIT
from fixlip_widget.demo.things import COLOURS, THINGS
from fixlip_widget.demo.training.batches import N_NEGATIVES, P_TWIN
from fixlip_widget.demo.training.evaluate import EVALUATION_NAME
from fixlip_widget.demo.training.evaluate_explanations import EXPLANATIONS_NAME
from fixlip_widget.demo.training.plan import BETAS, KEEP_RANGE, WEIGHT_DECAY, Plan
from fixlip_widget.demo.training.train import HISTORY_NAME, History

CARD_NAME = "MODEL_CARD.md"
TARGETS = {
    "retrieval": 0.97,
    "retrieval, half of the patches hidden": 0.85,
    "colour swap": 0.95,
    "thing swap": 0.95,
    "colour replaced": 0.98,
    "thing replaced": 0.98,
    "relation": 0.95,
    "place": 0.95,
    "overlap": 0.90,
}
"""What each figure should reach; those that do not are listed as weaknesses."""


def model_card(folder: Path = WEIGHTS) -> str:
    """The card of a folder with weights, their training history and their measurements."""
    evaluation = json.loads((folder / EVALUATION_NAME).read_text(encoding="utf-8"))
    explanations = json.loads((folder / EXPLANATIONS_NAME).read_text(encoding="utf-8"))
    weights = (folder / WEIGHTS_NAME).read_bytes()
    history = History(folder / HISTORY_NAME).read()
    figures, plan = evaluation["figures"], Plan(steps=1)
    cells = explanations["cells"]
    return f"""# The bundled encoder

A small CLIP in open_clip's architecture, trained on scenes of emoji and on nothing else.

- {_size(load_model(folder))} million parameters, {len(weights) / 1e6:.2f} MB in half precision
- weights: `{WEIGHTS_NAME}`, SHA-256 `{hashlib.sha256(weights).hexdigest()}`
- {CREDIT}
{_training(history)}

## Data

Scenes of one to four of {len(THINGS)} things by two hands, drawn by this package from seeds and none of them twice: in
quadrants, on a grid of nine, or one thing in front of another; turned by up to 25°, on light backdrops, in their own
colours or tinted in one of {len(COLOURS)}. Of every two scenes, the second is, in {P_TWIN:.0%} of the cases where this
is possible, a twin of the first: two things exchange their colours, their kinds or their places. Captions name some or
all of the things, many with a place or a relation.

- things: {", ".join(THINGS)}
- colours: {", ".join(COLOURS)}
- for every other thing one tint is kept out of training
- lexicon: {len(WORDS)} words; {len(SYNONYMS)} plurals and synonyms are mapped to one of these; any other is an error

## Recipe

- Contrastive loss: CLIP's symmetric softmax. Up to {N_NEGATIVES} false captions of each picture are additional columns;
  captions of other pictures that may be true of it are left out.
- Codes, weight {plan.code_weight:.0f} until 85 % of the run: the cosine of each embedding with a fixed random code of
  what the picture shows or the caption says, in which colour and thing are bound by multiplication, places are
  directions, and things are weighted by their visible share; and of each patch of a thing with the code of that thing.
- Naming, faded out from 30 % to 70 % of the run: an auxiliary head, not part of the model, classifies the thing and the
  colour of every patch.
- Masks: {plan.p_masked:.0%} of the pictures have hidden patches (zero after the patch embedding) and, independently,
  {plan.p_masked:.0%} of the captions hidden words (as attention keys), as the explainer hides them; the keep
  probability of each is drawn from {KEEP_RANGE[0]} to {KEEP_RANGE[1]}.
- AdamW, betas {BETAS}, weight decay {WEIGHT_DECAY}; the rate is constant until 60 % of the run and then falls linearly.
- The weights are the exponential moving average over the steps, with decay {plan.average_decay}.

## Figures of the encoder

Held-out scenes (seed {evaluation["seed"]}). Retrieval: recall@1 of the caption among {evaluation["gallery"]}, mean of
{evaluation["galleries"]} galleries. Others: accuracy of telling the true caption from one that is false in one respect,
{evaluation["choices"]} scenes each; chance is 0.5. Unseen: the captions differ in a thing whose tint was kept out of
training. Third family: the same scenes by a hand that is not in training, {evaluation["third family"]}.

{_table(["task", "", "unseen tint", "third family", "target"], _rows(figures))}

## Figures of its explanations

Second-order explanations from {explanations["masks"]} image masks; {explanations["scenes"]} scenes each, on a 2 × 2
grid, with different things in different colours, some of which the caption names. PGR: share of the interactions
between words and quadrants that have the correct sign. R² is measured on 1000 fresh masks.

{_table(list(cells[0]), [[_number(value) for value in cell.values()] for cell in cells])}

## Limitations

{_weaknesses(figures)}
It does not know numbers, negation, sizes or plurals, and has seen no photographs.
"""


def _size(model: open_clip.CLIP) -> str:
    return f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f}"


def _training(history: list[dict[str, Any]]) -> str:
    """A line for each part of the run that had other conditions, with the pictures that it saw."""
    lines: list[str] = []
    before = 0
    for index, line in enumerate(history):
        if "start" not in line:
            continue
        part = [later for later in history[index + 1 :] if "images" in later or "start" in later]
        ends = next((k for k, later in enumerate(part) if "start" in later), len(part))
        if not part[:ends]:
            continue
        images = part[ends - 1]["images"]
        origin = f", begun from weights with SHA-256 `{line['initial']}`" if line["initial"] and not before else ""
        remark = f" ({line['note']})" if line["note"] else ""
        lines.append(
            f"- trained on {images - before:,} pictures in batches of {line['batch_size']}, on {line['device']},"
            f" {line['threads']} threads, torch {line['torch']}, seed {line['seed']}, rate {line['peak_rate']},"
            f" schedules of {line['steps']:,} steps"
            f"{origin}{remark}"
        )
        before = images
    return "\n".join(lines)


def _rows(figures: dict[str, dict[str, float]]) -> list[list[str]]:
    own = {**figures["retrieval"], **figures["choices"]}
    third = {**figures["retrieval, third family"], **figures["choices, third family"]}
    unseen = figures["unseen"]
    return [
        [kind, _number(value), _number(unseen.get(kind)), _number(third[kind]), f"{TARGETS[kind]:.2f}"]
        for kind, value in own.items()
    ]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _weaknesses(figures: dict[str, dict[str, float]]) -> str:
    own = {**figures["retrieval"], **figures["choices"]}
    weak = [f"{kind} {value:.3f} (target {TARGETS[kind]:.2f})" for kind, value in own.items() if value < TARGETS[kind]]
    return f"Targets that are missed: {', '.join(weak)}." if weak else "No target is missed."


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="with their measurements (default: the bundled ones)"
    )
    folder = parser.parse_args().weights
    (folder / CARD_NAME).write_text(model_card(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
