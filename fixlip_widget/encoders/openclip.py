"""Loading and masking open_clip models: by architecture and tag, hub name, folder or checkpoint file.

An image is masked by zeroing its pixels after normalisation, patch by patch: the patch token and its position stay.
The embedding of a zeroed patch is a constant, so patches are embedded once and a mask selects between the two. A
caption is masked by hiding keys from attention: positions stay, and the start and end tokens are always visible, as is
the padding where the tower was trained to attend to it. Where a causal tower pools at the end token, captions are cut
there.
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

from fixlip_widget.encoders.device import resolve_device, resolve_precision
from fixlip_widget.encoders.hub import hub_or_cache, license_of, model_card_line, reason_of
from fixlip_widget.encoders.images import field_of_view
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.openclip_towers import (
    HFTextTower,
    OpenClipImageTower,
    OpenClipTextTower,
    openclip_text_tower,
)
from fixlip_widget.encoders.timm_towers import timm_tower
from fixlip_widget.encoders.tokenizers import BpeTokenizer, CaptionTokenizer, TokenizedCaption, TransformersTokenizer
from fixlip_widget.encoders.tower_encoder import PreprocessedImage, TowerEncoder
from fixlip_widget.encoders.towers import ImageTower, Unmaskable
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions


class OpenClipEncoder(TowerEncoder):
    """A `DualEncoder` of an open_clip model.

    Args:
        model: in evaluation mode from here on, on `device`.
        tokenizer: tokenizer of its text tower.
        preprocess: preprocessing of its image tower.
        name: for explanations and error messages.
        device: where it runs.
        precision: data type of matrix products.
        masking: what hiding a token means.
        license_name: licence of the weights, where known.

    Raises:
        InputError: for towers that cannot be masked faithfully.
    """

    def __init__(
        self,
        model: CLIP | CustomTextCLIP,
        tokenizer: CaptionTokenizer,
        preprocess: PreprocessCfg,
        name: str,
        device: torch.device,
        precision: torch.dtype = torch.float32,
        masking: Masking | None = None,
        license_name: str | None = None,
    ) -> None:
        self._model = model.eval().requires_grad_(False).to(device)
        image_tower, text_tower = open_towers(self._model, name)
        transform = image_transform_v2(preprocess, is_train=False)

        def preprocess_image(picture: Image.Image) -> PreprocessedImage:
            view = field_of_view(picture, preprocess, image_tower.grid)
            return PreprocessedImage(image_tower, transform(picture)[None], view)

        def tokenize(caption: str) -> TokenizedCaption:
            return TokenizedCaption(*tokenizer(caption))

        patches = "{}×{}".format(*image_tower.grid)
        super().__init__(
            name=name,
            card=model_card_line(
                name, model, patches=patches, positions=tokenizer.context_length, license_name=license_name
            ),
            preprocess=preprocess_image,
            tokenize=tokenize,
            text_tower=text_tower,
            scale=float(model.logit_scale.exp()),
            bias=0.0 if model.logit_bias is None else float(model.logit_bias),
            device=device,
            precision=precision,
            masking=masking or Masking(),
        )


def open_towers(model: CLIP | CustomTextCLIP, name: str) -> tuple[ImageTower, OpenClipTextTower | HFTextTower]:
    """Both towers of a model, with access for masking; InputError for those that cannot be masked faithfully."""
    visual = getattr(model, "visual", None)
    kind = f"{type(model).__name__} with a {type(visual).__name__} image tower"
    try:
        if not isinstance(model, CLIP | CustomTextCLIP):
            raise Unmaskable("generates captions")
        return _image_tower(visual), _text_tower(model)
    except Unmaskable as reason:
        raise InputError(
            f"{name} is a {kind}, which cannot be masked, as it {reason}; "
            "use a model with two plain towers such as ViT-B-32 or ViT-B-16-SigLIP2."
        ) from reason


def _image_tower(visual: object) -> ImageTower:
    if isinstance(visual, VisionTransformer):
        return OpenClipImageTower(visual)
    if isinstance(visual, TimmModel):
        return timm_tower(visual)
    raise Unmaskable("has no grid of patches")


def _text_tower(model: CLIP | CustomTextCLIP) -> OpenClipTextTower | HFTextTower:
    text = model.text if isinstance(model, CustomTextCLIP) else model
    if isinstance(text, CLIP | TextTransformer):
        return openclip_text_tower(text)
    if isinstance(text, HFTextEncoder):
        return HFTextTower(text)
    raise Unmaskable("has no text tower of a known kind")


LOCAL = "local-dir:"
SCHEMAS = ("hf-hub:", LOCAL)


def load_open_clip(
    name: str | Path,
    *,
    pretrained: str | Path | None = None,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> OpenClipEncoder:
    """Load an open_clip model for masking; the arguments are those of `Explainer.from_open_clip`.

    Raises:
        InputError: for names and tags that open_clip does not have, files that are missing or do not match the
            architecture, a hub that cannot be reached, towers that cannot be masked, and invalid masking options.
    """
    settings = Masking(**masking)
    name = f"{LOCAL}{name}" if Path(name).is_dir() else str(name)
    chosen = resolve_device(device)
    dtype = resolve_precision(precision, chosen)
    weights = None if pretrained is None else str(pretrained)
    has_schema = name.startswith(SCHEMAS)
    if not has_schema:
        _check_names(name, weights)
    tag: dict[str, Any] = {} if has_schema else open_clip.get_pretrained_cfg(name, weights)
    quick_gelu = bool(tag.get("quick_gelu", False))
    with hub_or_cache(needed=_needs_hub(name, weights)) as out_of_reach:
        # An encoder that cannot be masked is refused before its weights are downloaded.
        with _input_errors(name, None, out_of_reach):
            open_towers(model_without_weights(name), name)
            tokenizer = open_clip.get_tokenizer(name)
        with _input_errors(name, weights, out_of_reach):
            model = open_clip.create_model(name, weights, force_quick_gelu=quick_gelu, require_pretrained=True)
        repository = name.partition(":")[2] if has_schema else "/".join(tag.get("hf_hub", "").split("/")[:2])
        license_name = license_of(repository) if repository else None
    label = name if weights is None else f"{name}@{Path(weights).name}"
    preprocess = PreprocessCfg(**model.visual.preprocess_cfg)
    _, text_tower = open_towers(model, name)
    caption_tokenizer = _caption_tokenizer(tokenizer, name, text_tower.padded)
    return OpenClipEncoder(model, caption_tokenizer, preprocess, label, chosen, dtype, settings, license_name)


def model_without_weights(name: str) -> Any:
    """The model on the meta device, which takes no memory.

    A text tower that is defined on the hub only is replaced by open_clip's own.
    """
    replaced: dict[str, Any] = {"text_cfg": {}} if "hf_model_name" in _text_config(name) else {}
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # open_clip warns about missing weights
    try:
        with torch.device("meta"):
            return open_clip.create_model(name, load_weights=False, device="meta", **replaced)
    finally:
        logger.setLevel(level)


def _caption_tokenizer(tokenizer: SimpleTokenizer | HFTokenizer, name: str, padded: bool) -> CaptionTokenizer:
    length = int(tokenizer.context_length)
    if isinstance(tokenizer, SimpleTokenizer):
        return BpeTokenizer(tokenizer, length, padded=padded)
    if not isinstance(tokenizer, HFTokenizer) or tokenizer.tokenizer_mode:
        raise InputError(
            f"{name} has a tokenizer of an unknown kind, which cannot be used; use a model such as ViT-B-32."
        )
    zeroed = frozenset({tokenizer.tokenizer.sep_token_id} if tokenizer.strip_sep_token else ())
    return TransformersTokenizer(
        tokenizer.tokenizer, length, padded=padded, clean=tokenizer.clean_fn, zeroed_ids=zeroed
    )


def _text_config(name: str) -> dict[str, Any]:
    config = open_clip.get_model_config(name) or {}
    return dict(config.get("text_cfg", {}))


def _needs_hub(name: str, pretrained: str | None) -> bool:
    if name.startswith(SCHEMAS):
        return not name.startswith(LOCAL)
    has_file = pretrained is not None and Path(pretrained).is_file()
    return not (has_file and not {"hf_tokenizer_name", "hf_model_name"} & _text_config(name).keys())


@contextmanager
def _input_errors(name: str, pretrained: str | None, out_of_reach: bool) -> Iterator[None]:
    """Turn exceptions into InputErrors that say why loading failed."""
    logger = logging.getLogger()
    logger.addFilter(_is_no_error)  # open_clip logs what it raises
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # the hub, unpickling and state dicts each raise their own
        raise InputError(_load_error(name, pretrained, reason_of(error, out_of_reach))) from error
    finally:
        logger.removeFilter(_is_no_error)


def _is_no_error(record: logging.LogRecord) -> bool:
    return record.levelno != logging.ERROR


def _check_names(name: str, pretrained: str | None) -> None:
    if name not in open_clip.list_models():
        raise InputError(f"open_clip knows no model {name!r}; open_clip.list_models() lists their names.")
    tags = open_clip.list_pretrained_tags_by_model(name)
    examples = ", ".join(map(repr, tags[:4])) or "a checkpoint file"
    if pretrained is None:
        raise InputError(f"Without weights {name} would explain noise; give pretrained=, for example {examples}.")
    if pretrained not in tags and not Path(pretrained).is_file():
        raise InputError(f"pretrained={pretrained!r} is neither a file nor a tag of {name}; it has {examples}.")


def _load_error(name: str, pretrained: str | None, reason: str) -> str:
    if pretrained is not None and Path(pretrained).is_file():
        return f"{pretrained} does not hold weights of {name} ({reason}); name the architecture it was saved from."
    if name.startswith(LOCAL):
        return f"{name} cannot be loaded ({reason}); it needs open_clip_config.json and weights beside it."
    return (
        f"{name} could not be fetched ({reason}); "
        "give pretrained= a checkpoint file, use local-dir:PATH, or the bundled encoder Explainer.demo()."
    )
