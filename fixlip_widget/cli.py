"""The command `fixlip-widget`: demo, explain, evaluate."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NoReturn

from PIL.Image import Image

from fixlip_widget import __version__
from fixlip_widget.encoders.device import Precision
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import check_writable
from fixlip_widget.methods import METHODS
from fixlip_widget.story import Step

WRITERS: dict[str, Callable[[Explanation, Path], None]] = {
    ".html": Explanation.to_html,
    ".npz": Explanation.save,
    ".json": Explanation.to_json,
    ".png": Explanation.to_png,
    ".svg": Explanation.to_svg,
    ".pdf": Explanation.to_pdf,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: its arguments, by default those of the process.

    Returns:
        The exit status: 0 after success, 2 for input that cannot be used, 130 after an interrupt.
    """
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
    """A parser whose errors are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fixlip-widget", description="Explain why a vision-language encoder finds an image and a caption similar."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="demo | explain | evaluate | export")
    _add_demo_options(commands.add_parser("demo", help="explain a bundled scene with the bundled encoder"))
    _add_explain_options(commands.add_parser("explain", help="explain an image and a caption of your own"))
    _add_evaluate_options(commands.add_parser("evaluate", help="compare methods on images with captions"))
    _add_export_options(commands.add_parser("export", help="write a notebook as one HTML file with live views"))
    return parser


def _add_demo_options(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--out", type=Path, default=Path("fixlip-demo.html"), help="output file (default: %(default)s)")
    demo.add_argument(
        "--scene",
        default="three things",
        help="name of a scene, or a row of emoji or words such as '🦊 🚀' (default: %(default)s)",
    )
    demo.add_argument("--caption", help="the text to compare it with (default: that of the named scene)")
    demo.set_defaults(run=_demo)


def _add_explain_options(explain: argparse.ArgumentParser) -> None:
    explain.add_argument("image", metavar="IMAGE", help="an image file")
    explain.add_argument("caption", metavar="CAPTION", help="the text to compare it with, in quotes")
    explain.add_argument("--out", type=Path, required=True, help="output file, ending in " + ", ".join(WRITERS))
    _add_model_options(explain)
    explain.add_argument(
        "--crop", default="model", help="model: as its preprocessing crops pictures; none: whole (default: %(default)s)"
    )
    explain.add_argument("--truncate", action="store_true", help="cut a caption that is too long for the model")
    explain.add_argument("--method", default="fixlip", help=f"{', '.join(METHODS)} (default: %(default)s)")
    explain.add_argument(
        "--p",
        type=_keep_probability,
        default=0.5,
        metavar="P[,P_TEXT]",
        help="probability of keeping a token, or P_IMAGE,P_TEXT (default: %(default)s)",
    )
    explain.add_argument(
        "--max-order",
        type=int,
        help="1 for attributions, 2 to add pairs, 3 to add triples (default: that of the method)",
    )
    explain.add_argument(
        "--budget",
        type=_count,
        help="upper bound on image masks × text masks, or joint masks, such as 2**20 (default: by the number of terms)",
    )
    explain.add_argument("--seed", type=int, default=0, help="seed of the masks (default: %(default)s)")
    explain.set_defaults(run=_explain)


def _add_evaluate_options(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument(
        "--data",
        default="scenes",
        help="scenes, pointing (scenes for the pointing game), coco:DIR or imagenet:DIR (default: %(default)s)",
    )
    evaluate.add_argument("--limit", type=_count, help="number of pairs (default: 200 scenes, or all of a folder)")
    _add_model_options(evaluate)
    evaluate.add_argument(
        "--methods",
        type=_names,
        default="fixlip,fixlip:0.3,fixlip:0.7,fixlip/1,shapley,exclip,grad-eclip,game,rollout",
        help="METHOD[:P][/ORDER][@MASKS], separated by commas (default: %(default)s)",
    )
    evaluate.add_argument(
        "--metrics",
        type=_names,
        default="aid,pgr,faithfulness",
        help="of aid, pgr, faithfulness and sanity, separated by commas (default: %(default)s)",
    )
    evaluate.add_argument("--budget", type=_count, help="budget of the methods that mask, as for explain")
    evaluate.add_argument("--out", type=Path, required=True, help="folder of the results; a stopped run is resumed")
    evaluate.add_argument("--engine", default="local", help="local, or ray for many GPUs (default: %(default)s)")
    evaluate.set_defaults(run=_evaluate)


def _add_export_options(export: argparse.ArgumentParser) -> None:
    export.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="an .ipynb file with saved widgets")
    export.add_argument("--execute", action="store_true", help="run its cells first; the file itself stays as it is")
    export.add_argument("--out", type=Path, help="output file (default: the notebook's name with .html)")
    export.set_defaults(run=_export)


def _add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model",
        default="demo",
        help="demo, open_clip:NAME@TAG-OR-FILE, or hf:REPOSITORY-OR-FOLDER (default: %(default)s)",
    )
    command.add_argument("--device", help="cuda, mps or cpu (default: the best available)")
    command.add_argument(
        "--precision", default="auto", help="fp32, bf16, fp16, or auto, by the device (default: %(default)s)"
    )


def _demo(arguments: argparse.Namespace) -> None:
    _check_suffix(arguments.out)
    image, caption, story = _scene(arguments.scene, arguments.caption)
    explainer = Explainer.demo()
    started = time.perf_counter()
    explanation = explainer.explain(image, caption, random_state=0)
    explanation = explanation.replace(r2=explainer.r2(explanation)).with_story(story)
    _write(explanation, arguments.out)
    print(f"caption      {caption}")
    _report(explanation, arguments.out)
    print(f"R²           {explanation.r2:.3f} on 1000 fresh masks")
    print(f"in all       {time.perf_counter() - started:.1f} s, with the fresh masks and the page")


def _scene(text: str, caption: str | None) -> tuple[Image, str, tuple[Step, ...]]:
    """The scene of this name, or of these emoji, with its caption, and the story that fits that caption."""
    from fixlip_widget.demo.by_hand import scene
    from fixlip_widget.demo.showcase import SHOWCASES, showcase

    if text in SHOWCASES:
        image, own = showcase(text)
        return image, caption or own, SHOWCASES[text].story if caption in (None, own) else ()
    image = scene(text.replace("\\n", "\n"))
    if caption is None:
        raise InputError("A scene of your own has no caption; add one, such as --caption 'a fox and a rocket'.")
    return image, caption, ()


def _explain(arguments: argparse.Namespace) -> None:
    if arguments.out.resolve() == Path(arguments.image).resolve():
        raise InputError(f"{arguments.out} is the image itself; choose another output file.")
    _check_suffix(arguments.out)
    explainer = _explainer(
        arguments.model,
        arguments.device,
        arguments.precision,
        truncate=arguments.truncate,
        crop=arguments.crop,
    )
    explanation = explainer.explain(
        arguments.image,
        arguments.caption,
        method=arguments.method,
        p=arguments.p,
        max_order=arguments.max_order,
        budget=arguments.budget,
        random_state=arguments.seed,
    )
    _write(explanation, arguments.out)
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


def _export(arguments: argparse.Namespace) -> None:
    from fixlip_widget.notebook.command import export

    out = arguments.out or arguments.notebook.with_suffix(".html")
    n_views, size = export(arguments.notebook, out, execute=arguments.execute)
    print(f"page         {out.resolve()}")
    print(f"views        {n_views}, alive without a network")
    print(f"size         {size / 1e6:.1f} MB")


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


def _check_suffix(out: Path) -> None:
    """Raise InputError, before there is anything to lose, where the result cannot be written."""
    if out.suffix.lower() not in WRITERS:
        raise InputError(f"{out} does not end in the suffix of a known format; use {', '.join(WRITERS)}.")
    check_writable(out)


def _write(explanation: Explanation, out: Path) -> None:
    """Write the result, or where that fails after all the work, as on a full disk, keep it in another folder."""
    try:
        WRITERS[out.suffix.lower()](explanation, out)
    except InputError as error:
        kept = Path(mkdtemp(prefix="fixlip-")) / "explanation.npz"
        explanation.save(kept)
        raise InputError(f"{str(error).removesuffix('.')}; the result is kept in {kept}.") from error


def _explainer(
    model: str, device: str | None, precision: Precision, *, truncate: bool = False, crop: str = "model"
) -> Explainer:
    options: dict[str, Any] = {"device": device, "precision": precision, "truncate": truncate, "crop": crop}
    if model == "demo":
        if truncate:
            raise InputError("The bundled encoder does not cut captions; leave out --truncate.")
        if crop != "model":
            raise InputError("The bundled encoder takes square pictures only; leave out --crop.")
        return Explainer.demo(device, precision=precision)
    library, _, name = model.partition(":")
    if library == "hf" and name:
        return Explainer.from_transformers(name, **options)
    if library != "open_clip" or not name:
        raise InputError(
            f"There is no model {model!r}; use demo, open_clip:NAME@TAG, as in open_clip:ViT-B-32@openai, or hf:NAME."
        )
    architecture, _, pretrained = name.partition("@")
    if Path(name).is_dir() or re.search(r"[:/\\]", architecture):
        architecture, pretrained = name, ""  # a folder or a repository
    return Explainer.from_open_clip(architecture, pretrained=pretrained or None, **options)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _keep_probability(text: str) -> float | tuple[float, ...]:
    """p, or p of each modality."""
    try:
        values = tuple(map(float, text.split(",")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 0.5, or two such as 0.3,0.7") from error
    return values[0] if len(values) == 1 else values


def _count(text: str) -> int:
    match = re.fullmatch(r"(\d+)(?:(?:\*\*|\^)(\d{1,2}))?", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number such as 65536 or 2**16")
    value: int = int(match[1]) ** int(match[2] or 1)
    return value
