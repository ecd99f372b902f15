"""open_clip models, ready to be masked.

An image is masked by zeroing its pixels after normalisation, patch by patch: the patch token and its position stay.
A zeroed patch always embeds to the same vector, so patches are embedded once and masks choose between the two. A
caption is masked by hiding keys from attention: positions stay, the marks of start and end are always visible, and so
is padding where the tower was trained with it in sight. A causal tower that is read at the end mark has no use for
what follows it, and captions are cut there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import open_clip
import torch
from open_clip.hf_model import HFTextEncoder
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.timm_model import TimmModel
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from open_clip.transformer import TextTransformer, VisionTransformer
from PIL import Image

from fixlip_widget.encoders.device import pick_device, pick_precision
from fixlip_widget.encoders.hub import card_of, hub_or_cache, licence_of, reason_of
from fixlip_widget.encoders.images import field_of_view
from fixlip_widget.encoders.masked_inputs import ImageTower, Unmaskable
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.openclip_towers import ClipImageTower, ClipTextTower, HubTextTower, clip_text_tower
from fixlip_widget.encoders.timm_towers import timm_tower
from fixlip_widget.encoders.tokenizers import BpeTokenizer, CaptionTokenizer, HubTokenizer, Reading
from fixlip_widget.encoders.tower_encoder import Sight, TowerEncoder
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions


class ClipEncoder(TowerEncoder):
    """A DualEncoder over an open_clip model; raises InputError for towers it cannot mask faithfully."""

    def __init__(
        self,
        model: CLIP | CustomTextCLIP,
        tokenizer: CaptionTokenizer,
        preprocess: PreprocessCfg,
        name: str,
        device: torch.device,
        precision: torch.dtype = torch.float32,
        masking: Masking | None = None,
        licence: str | None = None,
    ) -> None:
        self._model = model.eval().requires_grad_(False).to(device)
        image_tower, text_tower = towers(self._model, name)
        transform = image_transform_v2(preprocess, is_train=False)

        def see(picture: Image.Image) -> Sight:
            return Sight(image_tower, transform(picture)[None], field_of_view(picture, preprocess, image_tower.grid))

        def read(caption: str) -> Reading:
            return Reading(*tokenizer(caption))

        patches = "{}×{}".format(*image_tower.grid)
        super().__init__(
            name=name,
            card=card_of(name, model, patches=patches, positions=tokenizer.context_length, licence=licence),
            see=see,
            read=read,
            text_tower=text_tower,
            scale=float(model.logit_scale.exp()),
            bias=0.0 if model.logit_bias is None else float(model.logit_bias),
            device=device,
            precision=precision,
            masking=masking or Masking(),
        )


def towers(model: CLIP | CustomTextCLIP, name: str) -> tuple[ImageTower, ClipTextTower | HubTextTower]:
    """Both towers of a model, opened for masking; InputError for those that cannot be masked faithfully."""
    visual = getattr(model, "visual", None)
    kinds = f"{type(model).__name__} with a {type(visual).__name__} image tower"
    try:
        if not isinstance(model, CLIP | CustomTextCLIP):
            raise Unmaskable("writes captions where others compare them")
        return _image_tower(visual), _text_tower(model)
    except Unmaskable as reason:
        raise InputError(
            f"{name} is a {kinds}, which cannot be masked, as it {reason}; "
            "use a model with two plain towers such as ViT-B-32 or ViT-B-16-SigLIP2."
        ) from reason


def _image_tower(visual: object) -> ImageTower:
    if isinstance(visual, VisionTransformer):
        return ClipImageTower(visual)
    if isinstance(visual, TimmModel):
        return timm_tower(visual)
    raise Unmaskable("has no grid of patches")


def _text_tower(model: CLIP | CustomTextCLIP) -> ClipTextTower | HubTextTower:
    text = model.text if isinstance(model, CustomTextCLIP) else model
    if isinstance(text, CLIP | TextTransformer):
        return clip_text_tower(text)
    if isinstance(text, HFTextEncoder):
        return HubTextTower(text)
    raise Unmaskable("does not read captions by a text tower of its own")


LOCAL = "local-dir:"
SCHEMAS = ("hf-hub:", LOCAL)


def load_open_clip(
    name: str | Path,
    *,
    pretrained: str | Path | None = None,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> ClipEncoder:
    """`name` is an architecture (with `pretrained`, a tag or a checkpoint file), "hf-hub:…", or a folder.

    Raises InputError for names and tags open_clip does not know, files that are missing or do not match the
    architecture, a hub that cannot be reached, towers that cannot be masked, and a masking that is none.
    """
    game = Masking(**masking)
    name = f"{LOCAL}{name}" if Path(name).is_dir() else str(name)
    chosen = pick_device(device)
    dtype = pick_precision(precision, chosen)
    source = None if pretrained is None else str(pretrained)
    has_schema = name.startswith(SCHEMAS)
    if not has_schema:
        _check_names(name, source)
    tag: dict[str, Any] = {} if has_schema else open_clip.get_pretrained_cfg(name, source)
    quick_gelu = bool(tag.get("quick_gelu", False))
    with hub_or_cache(wanted=_needs_hub(name, source)) as out_of_reach:
        # First what is small: an encoder that cannot be used is refused before its weights are fetched.
        with _telling_why(name, None, out_of_reach):
            towers(outline(name), name)
            tokenizer = open_clip.get_tokenizer(name)
        with _telling_why(name, source, out_of_reach):
            model = open_clip.create_model(name, source, force_quick_gelu=quick_gelu, require_pretrained=True)
        home = name.partition(":")[2] if has_schema else "/".join(tag.get("hf_hub", "").split("/")[:2])
        licence = licence_of(home) if home else None
    label = name if source is None else f"{name}@{Path(source).name}"
    preprocess = PreprocessCfg(**model.visual.preprocess_cfg)
    _, text_tower = towers(model, name)
    reader = _reader(tokenizer, name, text_tower.padded)
    return ClipEncoder(model, reader, preprocess, label, chosen, dtype, game, licence)


def outline(name: str) -> Any:
    """The model without its weights; whatever its size, it takes a moment and no memory.

    A text tower that only the hub knows is not drawn: one of open_clip's own is in its place.
    """
    known: dict[str, Any] = {"text_cfg": {}} if "hf_model_name" in _text_config(name) else {}
    logger = logging.getLogger()
    heard = logger.level
    logger.setLevel(logging.ERROR)  # open_clip warns of a model without weights
    try:
        with torch.device("meta"):
            return open_clip.create_model(name, load_weights=False, device="meta", **known)
    finally:
        logger.setLevel(heard)


def _reader(tokenizer: SimpleTokenizer | HFTokenizer, name: str, padded: bool) -> CaptionTokenizer:
    length = int(tokenizer.context_length)
    if isinstance(tokenizer, SimpleTokenizer):
        return BpeTokenizer(tokenizer, length, padded=padded)
    if not isinstance(tokenizer, HFTokenizer) or tokenizer.tokenizer_mode:
        raise InputError(f"{name} has a tokenizer of its own kind, which cannot be used; use a model such as ViT-B-32.")
    blank = frozenset({tokenizer.tokenizer.sep_token_id} if tokenizer.strip_sep_token else ())
    return HubTokenizer(tokenizer.tokenizer, length, padded=padded, clean=tokenizer.clean_fn, blank=blank)


def _text_config(name: str) -> dict[str, Any]:
    config = open_clip.get_model_config(name) or {}
    return dict(config.get("text_cfg", {}))


def _needs_hub(name: str, pretrained: str | None) -> bool:
    if name.startswith(SCHEMAS):
        return not name.startswith(LOCAL)
    has_file = pretrained is not None and Path(pretrained).is_file()
    return not (has_file and not {"hf_tokenizer_name", "hf_model_name"} & _text_config(name).keys())


@contextmanager
def _telling_why(name: str, pretrained: str | None, out_of_reach: bool) -> Iterator[None]:
    heard = logging.getLogger()
    heard.addFilter(_no_error)  # open_clip says it twice
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # hubs, unpicklers and state dicts each have errors of their own
        raise InputError(_why(name, pretrained, reason_of(error, out_of_reach))) from error
    finally:
        heard.removeFilter(_no_error)


def _no_error(record: logging.LogRecord) -> bool:
    return record.levelno != logging.ERROR


def _check_names(name: str, pretrained: str | None) -> None:
    if name not in open_clip.list_models():
        raise InputError(f"open_clip knows no model {name!r}; open_clip.list_models() lists their names.")
    tags = open_clip.list_pretrained_tags_by_model(name)
    some = ", ".join(map(repr, tags[:4])) or "a checkpoint file"
    if pretrained is None:
        raise InputError(f"Without weights {name} would explain noise; give pretrained=, for example {some}.")
    if pretrained not in tags and not Path(pretrained).is_file():
        raise InputError(f"pretrained={pretrained!r} is neither a file nor a tag of {name}; it has {some}.")


def _why(name: str, pretrained: str | None, reason: str) -> str:
    if pretrained is not None and Path(pretrained).is_file():
        return f"{pretrained} does not hold weights of {name} ({reason}); name the architecture it was saved from."
    if name.startswith("local-dir:"):
        return f"{name} cannot be loaded ({reason}); it needs open_clip_config.json and weights beside it."
    return (
        f"{name} could not be fetched ({reason}); "
        "give pretrained= a checkpoint file, use local-dir:PATH, or the bundled encoder Explainer.demo()."
    )
