"""The command `fixlip-widget`."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from fixlip_widget import __version__
from fixlip_widget.encoders.device import Precision
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import check_writable
from fixlip_widget.methods import METHODS

WRITERS: dict[str, Callable[[Explanation, Path], None]] = {
    ".html": Explanation.to_html,
    ".npz": Explanation.save,
    ".json": Explanation.to_json,
    ".png": Explanation.to_png,
    ".svg": Explanation.to_svg,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it did what was asked, 2 when the input could not be used, 130 when interrupted."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except InputError as error:
        print(f"fixlip-widget: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("fixlip-widget: interrupted.", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="fixlip-widget", description="See why an image and a caption are similar.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="demo | explain | evaluate")

    demo = commands.add_parser("demo", help="explain the bundled scene with the bundled encoder")
    demo.add_argument(
        "--out", type=Path, default=Path("fixlip-demo.html"), help="where to write (default: %(default)s)"
    )
    demo.add_argument("--scene", default="three things", help="one of the painted scenes (default: %(default)s)")
    demo.set_defaults(run=_demo)

    explain = commands.add_parser("explain", help="explain an image and a caption of your own")
    explain.add_argument("image", type=Path, metavar="IMAGE", help="a picture file")
    explain.add_argument("caption", metavar="CAPTION", help="what to compare it with, in quotes")
    explain.add_argument("--out", type=Path, required=True, help="a path ending in " + ", ".join(WRITERS))
    explain.add_argument(
        "--model",
        default="demo",
        help="demo, open_clip:NAME@TAG-OR-FILE, or hf:REPOSITORY-OR-FOLDER (default: %(default)s)",
    )
    explain.add_argument("--method", default="fixlip", help=f"{', '.join(METHODS)} (default: %(default)s)")
    explain.add_argument("--p", type=float, default=0.5, help="probability of keeping a token (default: %(default)s)")
    explain.add_argument(
        "--max-order", type=int, help="1: attributions, 2: interactions too, 3: triples (default: by the method)"
    )
    explain.add_argument(
        "--budget",
        type=_count,
        help="image masks × text masks, or joint masks, such as 2**20, at most (default: by the size of the fit)",
    )
    explain.add_argument("--seed", type=int, default=0, help="seed of the masks (default: %(default)s)")
    explain.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    explain.add_argument("--precision", default="auto", help="fp32, bf16, fp16 or auto, by the device (default)")
    explain.set_defaults(run=_explain)

    evaluate = commands.add_parser("evaluate", help="measure methods side by side on images with captions")
    evaluate.add_argument(
        "--data",
        default="scenes",
        help="scenes, pointing (games in scenes), coco:DIR or imagenet:DIR (default: %(default)s)",
    )
    evaluate.add_argument("--limit", type=_count, help="how many pairs (default: 200 scenes, or all of a folder)")
    evaluate.add_argument("--model", default="demo", help="as for explain (default: %(default)s)")
    evaluate.add_argument(
        "--methods",
        type=_names,
        default="fixlip,fixlip:0.3,fixlip:0.7,fixlip/1,shapley,exclip,grad-eclip,game,rollout",
        help="METHOD[:P][/ORDER][@MASKED_IMAGES], separated by commas (default: %(default)s)",
    )
    evaluate.add_argument(
        "--metrics",
        type=_names,
        default="aid,pgr,faithfulness",
        help="of these and sanity, separated by commas (default: %(default)s)",
    )
    evaluate.add_argument("--budget", type=_count, help="of those methods that mask, as for explain")
    evaluate.add_argument("--out", type=Path, required=True, help="a folder; a run that was stopped goes on there")
    evaluate.add_argument("--engine", default="local", help="local, or ray for many GPUs (default: %(default)s)")
    evaluate.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    evaluate.add_argument("--precision", default="auto", help="fp32, bf16, fp16 or auto, by the device (default)")
    evaluate.set_defaults(run=_evaluate)
    return parser


def _demo(arguments: argparse.Namespace) -> None:
    from fixlip_widget.demo.showcase import showcase
    from fixlip_widget.evaluation.faithfulness import fresh_r2

    write = _writer(arguments.out)
    image, caption = showcase(arguments.scene)
    explainer = Explainer.demo()
    started = time.perf_counter()
    explanation = explainer.explain(image, caption, random_state=0)
    r2 = fresh_r2(explanation, explainer.game(image, caption))
    explanation = explanation.replace(r2=r2)
    write(explanation, arguments.out)
    print(f"caption      {caption}")
    _report(explanation, arguments.out)
    print(f"R²           {r2:.3f} on 1000 fresh masks")
    print(f"in all       {time.perf_counter() - started:.1f} s, fresh masks and page included")


def _explain(arguments: argparse.Namespace) -> None:
    if arguments.out.resolve() == arguments.image.resolve():
        raise InputError(f"{arguments.out} is the picture itself; give another file to write to.")
    write = _writer(arguments.out)
    explainer = _explainer(arguments.model, arguments.device, arguments.precision)
    explanation = explainer.explain(
        arguments.image,
        arguments.caption,
        method=arguments.method,
        p=arguments.p,
        max_order=arguments.max_order,
        budget=arguments.budget,
        random_state=arguments.seed,
    )
    write(explanation, arguments.out)
    _report(explanation, arguments.out)


def _evaluate(arguments: argparse.Namespace) -> None:
    from fixlip_widget.evaluation.command import evaluate

    evaluate(
        partial(_explainer, arguments.model, arguments.device, arguments.precision),
        model=arguments.model,
        data=arguments.data,
        methods=arguments.methods,
        metrics=arguments.metrics,
        out=arguments.out,
        limit=arguments.limit,
        budget=arguments.budget,
        engine=arguments.engine,
    )


def _report(explanation: Explanation, out: Path) -> None:
    print(f"page         {out.resolve()}")
    print(f"similarity   {explanation.full_value:.2f} logits (empty input {explanation.empty_value:.2f})")
    if explanation.n_image_masks is not None:
        joint = METHODS[explanation.method].joint
        drawn = "joint" if joint else f"image + {explanation.n_text_masks} text"
        masks = f"{explanation.n_image_masks} {drawn} masks"
        print(f"forwards     {explanation.forwards} ({masks}, and the empty and full input)")
    if explanation.shrinkage < 1.0:
        print("pairs        too few masks for all pairs of patches, which are regularised; use a larger --budget")
    print(f"seconds      {explanation.seconds:.1f}")
    if explanation.model_card is not None:
        print(f"model        {explanation.model_card}")
    if explanation.masking is not None:
        print(f"masking      {explanation.masking}")


def _writer(out: Path) -> Callable[[Explanation, Path], None]:
    if out.suffix.lower() not in WRITERS:
        raise InputError(f"{out} has no suffix that says what to write; end it in {', '.join(WRITERS)}.")
    check_writable(out)
    return WRITERS[out.suffix.lower()]


def _explainer(model: str, device: str | None, precision: Precision) -> Explainer:
    if model == "demo":
        return Explainer.demo(device, precision=precision)
    library, _, name = model.partition(":")
    if library == "hf" and name:
        return Explainer.from_transformers(name, device=device, precision=precision)
    if library != "open_clip" or not name:
        raise InputError(
            f"There is no model {model!r}; use demo or open_clip:NAME@TAG, as in open_clip:ViT-B-32@openai, or hf:NAME."
        )
    name, _, pretrained = name.partition("@")
    return Explainer.from_open_clip(name, pretrained=pretrained or None, device=device, precision=precision)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _count(text: str) -> int:
    match = re.fullmatch(r"(\d+)(?:(?:\*\*|\^)(\d{1,2}))?", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number such as 65536 or 2**16")
    value: int = int(match[1]) ** int(match[2] or 1)
    return value
