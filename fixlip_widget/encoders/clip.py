"""open_clip models, ready to be masked.

An image is masked by zeroing its pixels after normalisation, patch by patch: the patch token and its position stay.
A zeroed patch always embeds to the same vector, so patches are embedded once and masks choose between the two. A
caption is masked by hiding keys from attention: positions stay, the marks of start and end are always visible, and so
is padding where the tower was trained with it in sight. A causal tower that is read at the end mark has no use for
what follows it, and captions are cut there.
"""

from __future__ import annotations

import torch
from open_clip.hf_model import HFTextEncoder
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.timm_model import TimmModel
from open_clip.transform import PreprocessCfg, image_transform_v2
from open_clip.transformer import TextTransformer, VisionTransformer
from PIL import Image

from fixlip_widget.encoders.captions import CaptionTokenizer, Reading
from fixlip_widget.encoders.card import card_of
from fixlip_widget.encoders.encoder import Sight, TowerEncoder
from fixlip_widget.encoders.hub_text import HubTextTower
from fixlip_widget.encoders.masked import ImageTower, Unmaskable
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.timm_towers import timm_tower
from fixlip_widget.encoders.towers import ClipImageTower, ClipTextTower, clip_text_tower
from fixlip_widget.encoders.view import field_of_view
from fixlip_widget.errors import InputError


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
