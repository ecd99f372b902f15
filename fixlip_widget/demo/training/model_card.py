"""Write the model card from the measurements beside the weights: `python -m fixlip_widget.demo.training.model_card`."""

import hashlib
import json
from pathlib import Path
from typing import Any

from fixlip_widget.demo.lexicon import SYNONYMS, WORDS
from fixlip_widget.demo.model import WEIGHTS, WEIGHTS_NAME, load_model
from fixlip_widget.demo.scenes import UNSEEN
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import CLEAR
from fixlip_widget.demo.training.ablate import ABLATIONS_NAME
from fixlip_widget.demo.training.batches import N_NEGATIVES
from fixlip_widget.demo.training.plan import BETAS, KEEP_RANGE, WEIGHT_DECAY, Plan
from fixlip_widget.demo.training.train import HISTORY_NAME, History

EVALUATION_NAME, EXPLANATIONS_NAME, CARD_NAME = "evaluation.json", "explanations.json", "MODEL_CARD.md"
SPEED_NAME, SPEED_TARGET = "speed.json", 3.5
_WEAK = 0.9  # figures below this are listed as weaknesses


def model_card(folder: Path = WEIGHTS) -> str:
    """The card of a folder with weights, their training history and their measurements."""
    evaluation = json.loads((folder / EVALUATION_NAME).read_text(encoding="utf-8"))
    explanations = json.loads((folder / EXPLANATIONS_NAME).read_text(encoding="utf-8"))
    weights = (folder / WEIGHTS_NAME).read_bytes()
    parameters = sum(p.numel() for p in load_model(folder).parameters())
    digest = hashlib.sha256(weights).hexdigest()
    history = History(folder / HISTORY_NAME).read()
    figures, plan = evaluation["figures"], Plan(steps=1)
    return f"""# The bundled encoder

A small CLIP in open_clip's architecture, trained on painted scenes of coloured things and on nothing else.

- {parameters / 1e6:.2f} million parameters, {len(weights) / 1e6:.2f} MB in half precision
- weights: `{WEIGHTS_NAME}`, SHA-256 `{digest}`
- training: {_training(history)}

## Data

Scenes of one to four things, drawn by this package from seeds and none of them twice: half on a 2 × 2 grid, half
anywhere, rotated by up to 25°, on light backdrops. About half of the scenes with several things are followed by a twin,
in which two colours, things or places are exchanged. Captions name some or all of the things, many with a place or a
relation, which is true or false by a margin of {CLEAR:.0%} of the side of the picture.

- things: {", ".join(THINGS)}
- colours: {", ".join(COLOURS)}
- combinations kept out of training: {", ".join(f"{colour} {thing}" for thing, colour in sorted(UNSEEN))}
- lexicon, {len(WORDS)} words: {", ".join(WORDS)}
- {len(SYNONYMS)} plurals and synonyms are mapped to one of these; any other word is an error

## Recipe

- Contrastive loss: CLIP's symmetric softmax. {N_NEGATIVES} false captions of each picture are additional columns;
  captions of other pictures that are true of it are left out.
- Codes, weight {plan.code_weight:.0f}: the cosine of each embedding with a fixed random code of what the picture shows
  or the caption says, in which colour and thing are bound by multiplication, places are directions, and things are
  weighted by their visible share.
- Naming, faded out from 30 % to 70 % of the run: an auxiliary head, not part of the model, classifies the colour and
  the thing of every patch.
- Masks: {plan.p_masked:.0%} of the pictures (fewer at first) have hidden patches (zero after the patch embedding) and,
  independently, {plan.p_masked:.0%} of the captions hidden words (as attention keys), as the explainer hides them; the
  keep probability of each is drawn from {KEEP_RANGE[0]} to {KEEP_RANGE[1]}.
- AdamW, peak learning rate {plan.peak_rate}, betas {BETAS}, weight decay {WEIGHT_DECAY}, linear decay of the rate to 0.

{_ablations(folder)}

## Figures of the encoder

Held-out scenes (seed {evaluation["seed"]}). Retrieval: recall@1 of the caption among {evaluation["gallery"]}, mean of
{evaluation["galleries"]} galleries; among twins, most scenes are twins of the one before.

{_table(["task", "recall@1"], [[kind, _number(value)] for kind, value in figures["retrieval"].items()])}

Accuracy of telling the true caption from one that is false in one respect, {evaluation["choices"]} scenes each; chance
is 0.5. Unseen: the captions differ in an object whose combination of colour and thing was kept out of training.

{_table(["difference", "seen", "unseen"], _choices(figures))}

## Figures of its explanations

Second-order explanations from {explanations["masks"]} image masks; {explanations["scenes"]} scenes each, on a 2 × 2
grid, with different things and colours, some of which the caption names. PGR: share of the interactions between words
and quadrants that have the correct sign. R² is measured on 1000 fresh masks.

{_table(list(explanations["cells"][0]), [[_number(v) for v in cell.values()] for cell in explanations["cells"]])}

## Speed

{_speed(folder)}

## Limitations

{_weaknesses(figures)}
It does not know numbers, negation, sizes or plurals. It has seen no photographs, and no thing in front of another one,
which it overlooks.
"""


def _training(history: list[dict[str, Any]]) -> str:
    starts, last = [line for line in history if "start" in line], history[-1]
    notes = [line["note"] for line in history if "note" in line]
    start = starts[-1]
    resumed = ", ".join(str(line["start"]) for line in starts[1:])
    course = f"resumed at steps {resumed}" if resumed else "without interruption"
    return (
        f"{last['images']:,.0f} pictures in {last['step']:,.0f} steps, {course}, {last['seconds'] / 3600:.2f} hours on"
        f" {start['cores']} cores ({start['device']}, {start['processor']}), torch {start['torch']},"
        f" seed {start['seed']}, last loss {last['loss']:.3f}" + "".join(f"\n- {note}" for note in notes)
    )


def _choices(figures: dict[str, dict[str, float]]) -> list[list[str]]:
    return [[kind, _number(value), _number(figures["unseen"][kind])] for kind, value in figures["seen"].items()]


def _ablations(folder: Path) -> str:
    if not (folder / ABLATIONS_NAME).exists():
        return "There are no ablations of this recipe yet."
    ablations = json.loads((folder / ABLATIONS_NAME).read_text(encoding="utf-8"))
    columns = [("retrieval", "retrieval"), ("retrieval", "retrieval, half of the patches hidden")]
    columns += [("seen", kind) for kind in ("colour swap", "thing swap", "place", "relation")]
    rows = [
        [name, *(_number(run["figures"][group][kind]) for group, kind in columns)] for name, run in ablations.items()
    ]
    images = next(iter(ablations.values()))["images"]
    table = _table(["run", *(kind for _, kind in columns)], rows)
    return f"Short runs ({images:,} pictures each, one seed) that change one or two settings:\n\n{table}"


def _speed(folder: Path) -> str:
    speed = json.loads((folder / SPEED_NAME).read_text(encoding="utf-8"))
    figure = (
        f"On {speed['cores']} cores, torch {speed['torch']}: loads in {speed['load']:.2f} s; {speed['masks']} masks of "
        f"a picture and 1024 of a caption are explained in {speed['explain']:.2f} s, with standard errors."
    )
    if speed["explain"] <= SPEED_TARGET:
        return figure
    return (
        f"{figure} The target of {SPEED_TARGET} s is missed: the forward passes of these masks alone take "
        f"{speed['bare']:.2f} s, with matrix products in bfloat16, fused projections and prefix trees of captions; "
        "a compiled tower takes less, after seconds of compilation."
    )


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _weaknesses(figures: dict[str, dict[str, float]]) -> str:
    weak = [
        f"{kind} ({group}, {value:.2f})"
        for group, values in figures.items()
        for kind, value in values.items()
        if value < _WEAK
    ]
    return f"Figures below {_WEAK}: {', '.join(weak)}." if weak else f"No figure of the encoder is below {_WEAK}."


if __name__ == "__main__":
    (WEIGHTS / CARD_NAME).write_text(model_card(), encoding="utf-8")
