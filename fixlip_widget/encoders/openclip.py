"""Loading and masking open_clip models: by architecture and tag, hub name, folder or checkpoint file.

An image is masked by zeroing its pixels after normalisation, patch by patch: the patch token and its position stay.
The embedding of a zeroed patch is a constant, so patches are embedded once and a mask selects between the two. A
caption is masked by hiding keys from attention: positions stay, and the start and end tokens are always visible, as is
the padding where the tower was trained to attend to it. Where a causal tower pools at the end token, captions are cut
there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import open_clip
import torch
from open_clip.hf_model import HFTextEncoder
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from open_clip.transformer import TextTransformer, VisionTransformer
from PIL import Image
from torch import nn

from fixlip_widget.arguments import as_path
from fixlip_widget.encoders.checkpoints import read_checkpoint
from fixlip_widget.encoders.device import resolve_device, resolve_precision
from fixlip_widget.encoders.hub import (
    hub_or_cache,
    license_of,
    model_card_line,
    needs_own_code,
    own_code_error,
    reason_of,
)
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.model_objects import snapshot
from fixlip_widget.encoders.openclip_source import (
    HUB,
    LOCAL,
    SCHEMAS,
    Preprocess,
    build_model,
    build_outline,
    check_text_model,
    choose_preprocess,
    describe_activation,
    describe_preprocess,
    open_tokenizer,
    read_source,
    warn_of_assumptions,
)
from fixlip_widget.encoders.openclip_towers import (
    HFTextTower,
    OpenClipImageTower,
    OpenClipTextTower,
    openclip_text_tower,
)
from fixlip_widget.encoders.pixel_tower import PixelTower
from fixlip_widget.encoders.preprocessing import Preprocessor, Transform
from fixlip_widget.encoders.state_dicts import find_weights, load_weights, sizes_of, to_open_clip
from fixlip_widget.encoders.timm_towers import has_patches, timm_tower
from fixlip_widget.encoders.tokenizers import (
    TRUNCATES,
    BpeTokenizer,
    CaptionTokenizer,
    TokenizedCaption,
    TransformersTokenizer,
    has_own_code,
)
from fixlip_widget.encoders.tower_encoder import PreprocessedImage, TowerEncoder
from fixlip_widget.encoders.towers import ImageTower, Unmaskable
from fixlip_widget.encoders.whole_picture import (
    WHOLE,
    Crop,
    WholePicturePreprocessing,
    check_crop,
    preprocess_for,
)
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions


class OpenClipEncoder(TowerEncoder):
    """A `DualEncoder` of an open_clip model.

    Attributes:
        words: all that captions may have, where the tokenizer knows no others.

    Args:
        model: in evaluation mode from here on, on `device`.
        tokenizer: tokenizer of its text tower.
        preprocess: preprocessing of its image tower, as open_clip describes it, or from a picture to pixels (3, H, W).
        name: for explanations and error messages.
        device: where it runs.
        precision: data type of matrix products.
        masking: what hiding a token means.
        license_name: licence of the weights, where known.
        crop: which part of a picture the model takes.

    Raises:
        InputError: for towers that cannot be masked faithfully.
    """

    def __init__(
        self,
        model: CLIP | CustomTextCLIP,
        tokenizer: CaptionTokenizer,
        preprocess: PreprocessCfg | Transform,
        name: str,
        device: torch.device,
        precision: torch.dtype = torch.float32,
        masking: Masking | None = None,
        license_name: str | None = None,
        crop: Crop = "model",
    ) -> None:
        self._model = model.eval().requires_grad_(False).to(device)
        self.words: tuple[str, ...] = getattr(tokenizer, "words", ())
        masking = masking or Masking()
        image_tower, text_tower = open_towers(self._model, name, masking.image_grid)
        patches = "{}×{}".format(*image_tower.grid)
        facts = [describe_activation(model), describe_preprocess(preprocess)]
        preprocessing = _preprocessing(preprocess, image_tower, name, crop)
        if isinstance(preprocessing, WholePicturePreprocessing):
            facts.append(WHOLE)
        if getattr(tokenizer, "truncate", False):
            facts.append(TRUNCATES)
        super().__init__(
            name=name,
            card=model_card_line(
                name,
                model,
                patches=patches,
                positions=tokenizer.context_length,
                license_name=license_name,
                facts=facts,
            ),
            # Not closures, which cannot be pickled.
            preprocess=preprocessing,
            tokenize=partial(_tokenize, tokenizer),
            text_tower=text_tower,
            scale=float(model.logit_scale.exp()),
            bias=0.0 if model.logit_bias is None else float(model.logit_bias),
            device=device,
            precision=precision,
            masking=masking,
        )


def _preprocessing(
    preprocess: PreprocessCfg | Transform, tower: ImageTower, name: str, crop: Crop
) -> Callable[[Image.Image], PreprocessedImage]:
    if not isinstance(preprocess, PreprocessCfg):
        if crop == "none":
            raise InputError(f"The preprocessing of {name} is a function, which crops as it does; leave out crop=.")
        return partial(preprocess_for, Preprocessor(preprocess, name), tower)
    if crop == "model" or preprocess.resize_mode != "shortest":
        return partial(preprocess_for, Preprocessor(image_transform_v2(preprocess, is_train=False), name), tower)
    if not isinstance(tower, OpenClipImageTower):
        raise InputError(
            f"{name} takes pictures of one aspect ratio only; in place of crop='none' give "
            "preprocess={'resize_mode': 'squash'}, which distorts them, or 'longest', which pads them."
        )
    return WholePicturePreprocessing(tower, preprocess, name)


def _tokenize(tokenizer: CaptionTokenizer, caption: str) -> TokenizedCaption:
    return TokenizedCaption(*tokenizer(caption))


def open_towers(
    model: CLIP | CustomTextCLIP, name: str, image_grid: tuple[int, int] | None = None
) -> tuple[ImageTower, OpenClipTextTower | HFTextTower]:
    """Both towers of a model, with access for masking; InputError for those that cannot be masked faithfully.

    An image tower without a grid of patches is masked by the blocks of pixels of an `image_grid`.
    """
    visual = getattr(model, "visual", None)
    kind = f"{type(model).__name__} with a {type(visual).__name__} image tower"
    try:
        if not isinstance(model, CLIP | CustomTextCLIP):
            raise Unmaskable("generates captions")
        return _image_tower(visual, image_grid), _text_tower(model)
    except Unmaskable as reason:
        raise InputError(f"{name} is a {kind}, which cannot be masked, as it {reason}; {reason.advice}.") from reason


def _image_tower(visual: object, image_grid: tuple[int, int] | None) -> ImageTower:
    if isinstance(visual, VisionTransformer):
        return OpenClipImageTower(visual)
    if isinstance(visual, TimmModel) and has_patches(visual):
        return timm_tower(visual)
    if not isinstance(visual, TimmModel | ModifiedResNet):
        raise Unmaskable("has an image tower of an unknown kind")
    if image_grid is None:
        raise Unmaskable("has no patches", "give image_grid=(7, 7), say, for blocks of pixels as players")
    return PixelTower(visual, image_grid)


def _text_tower(model: CLIP | CustomTextCLIP) -> OpenClipTextTower | HFTextTower:
    text = model.text if isinstance(model, CustomTextCLIP) else model
    if isinstance(text, CLIP | TextTransformer):
        return openclip_text_tower(text)
    if isinstance(text, HFTextEncoder):
        return HFTextTower(text)
    raise Unmaskable("has no text tower of a known kind")


def load_open_clip(
    name: str | Path | nn.Module,
    *,
    pretrained: str | Path | None = None,
    tokenizer: object = None,
    preprocess: Preprocess | None = None,
    quick_gelu: bool | None = None,
    crop: Crop = "model",
    truncate: bool = False,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> OpenClipEncoder:
    """Load an open_clip model for masking; the arguments are those of `Explainer.from_open_clip`.

    Raises:
        InputError: for names and tags that open_clip does not have, files that are missing or do not match the
            architecture or hold more than weights, a hub that cannot be reached, towers that cannot be masked, and
            invalid preprocessing and masking options.
    """
    check_crop(crop)
    preprocess = preprocess or None  # an empty mapping says nothing
    if isinstance(name, nn.Module):
        if pretrained is not None or quick_gelu is not None:
            raise InputError("A model in memory has its weights and activation; leave out pretrained= and quick_gelu=.")
        return _from_memory(name, tokenizer, preprocess, crop, truncate, device, precision, **masking)
    settings = Masking(**masking)
    name = f"{LOCAL}{name}" if as_path(name, "name").is_dir() else str(name)
    chosen = resolve_device(device)
    dtype = resolve_precision(precision, chosen)
    weights = None if pretrained is None else str(pretrained)
    with hub_or_cache(needed=_needs_hub(name, weights)) as out_of_reach:
        with _input_errors(name, None, out_of_reach):
            source = read_source(name, weights).with_options(preprocess=preprocess, quick_gelu=quick_gelu)
            # An encoder that cannot be masked is refused before its weights are downloaded.
            open_towers(build_outline(source.model_cfg), name, settings.image_grid)
            tokenizer = tokenizer or open_tokenizer(source)
            check_text_model(source.model_cfg)
        with _input_errors(name, weights, out_of_reach):
            file = source.fetch()
            state = to_open_clip(find_weights(read_checkpoint(file), str(file)), str(file))
            model = build_model(sizes_of(state, source.model_cfg))
            load_weights(model, state, str(file), name)
        license_name = license_of(source.repository) if source.repository else None
    transform = choose_preprocess(preprocess, source.preprocess_cfg, model.visual.image_size)
    warn_of_assumptions(source, model, transform)
    _, text_tower = open_towers(model, name, settings.image_grid)
    caption_tokenizer = _caption_tokenizer(tokenizer, model, name, text_tower.padded, truncate)
    return OpenClipEncoder(
        model, caption_tokenizer, transform, source.label, chosen, dtype, settings, license_name, crop
    )


def _from_memory(
    model: nn.Module,
    tokenizer: object,
    preprocess: Preprocess | None,
    crop: Crop,
    truncate: bool,
    device: str | torch.device | None,
    precision: str,
    **masking: Unpack[MaskingOptions],
) -> OpenClipEncoder:
    settings, chosen = Masking(**masking), resolve_device(device)
    copied = snapshot(model)
    name = f"{type(copied).__name__} in memory"
    _, text_tower = open_towers(copied, name, settings.image_grid)
    if tokenizer is None:
        raise InputError(f"A {name} needs its tokenizer; give tokenizer=open_clip.get_tokenizer(...).")
    known = getattr(copied.visual, "preprocess_cfg", None)
    if preprocess is None and known is None:
        raise InputError(f"A {name} does not say how it takes pictures; give preprocess=, as open_clip returns it.")
    transform = choose_preprocess(preprocess, known or {}, copied.visual.image_size)
    captions = _caption_tokenizer(tokenizer, copied, name, text_tower.padded, truncate)
    dtype = resolve_precision(precision, chosen)
    return OpenClipEncoder(copied, captions, transform, name, chosen, dtype, settings, crop=crop)


def _caption_tokenizer(
    tokenizer: object, model: CLIP | CustomTextCLIP, name: str, padded: bool, truncate: bool
) -> CaptionTokenizer:
    # The positions are the model's; a tokenizer was made for others where weights of more positions were loaded.
    length = int(model.context_length)
    if isinstance(tokenizer, SimpleTokenizer):
        return BpeTokenizer(tokenizer, length, padded=padded, truncate=truncate)
    if not isinstance(tokenizer, HFTokenizer) or tokenizer.tokenizer_mode:
        raise InputError(
            f"{name} has a {type(tokenizer).__name__} as tokenizer, which is of an unknown kind; use one of "
            "open_clip.get_tokenizer(...)."
        )
    if isinstance(getattr(model, "text", None), HFTextEncoder):  # has more positions than it was trained with
        length = min(length, int(tokenizer.context_length))
    if has_own_code(tokenizer.tokenizer):
        raise own_code_error(f"The tokenizer of {name}")
    zeroed = frozenset({tokenizer.tokenizer.sep_token_id} if tokenizer.strip_sep_token else ())
    return TransformersTokenizer(
        tokenizer.tokenizer, length, padded=padded, clean=tokenizer.clean_fn, zeroed_ids=zeroed, truncate=truncate
    )


def _needs_hub(name: str, pretrained: str | None) -> bool:
    if name.startswith(SCHEMAS):
        return name.startswith(HUB)
    has_file = pretrained is not None and Path(pretrained).is_file()
    text = (open_clip.get_model_config(name) or {}).get("text_cfg", {})
    return not (has_file and not {"hf_tokenizer_name", "hf_model_name"} & text.keys())


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
        if needs_own_code(error):
            raise own_code_error(name) from error
        raise InputError(_load_error(name, pretrained, reason_of(error, out_of_reach))) from error
    finally:
        logger.removeFilter(_is_no_error)


def _is_no_error(record: logging.LogRecord) -> bool:
    return record.levelno != logging.ERROR


def _load_error(name: str, pretrained: str | None, reason: str) -> str:
    if pretrained is not None and Path(pretrained).is_file():
        return f"{pretrained} does not hold weights of {name} ({reason}); name the architecture it was saved from."
    if name.startswith(LOCAL):
        return f"{name} cannot be loaded ({reason}); it needs open_clip_config.json and weights beside it."
    return (
        f"{name} could not be fetched ({reason}); "
        "give pretrained= a checkpoint file, use local-dir:PATH, or the bundled encoder Explainer.demo()."
    )
