"""CLIP models with a ViT image tower and a causal text tower, ready to be masked.

An image is masked by zeroing its pixels after normalisation, patch by patch: the patch token and its position stay.
A zeroed patch always embeds to the same vector, so patches are embedded once and masks choose between the two. A
caption is masked by hiding keys from attention: positions stay, start and end are always visible, and since the
tower is causal and read at the end token, everything after that is cut off.
"""

from __future__ import annotations

import torch
from open_clip.model import CLIP
from open_clip.transform import PreprocessCfg, image_transform_v2
from open_clip.transformer import VisionTransformer
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.encoders.captions import CaptionTokenizer
from fixlip_widget.encoders.images import read_image
from fixlip_widget.encoders.precision import multiplying_in
from fixlip_widget.encoders.protocol import ImageLike
from fixlip_widget.encoders.towers import embed_patches, encode_patches, encode_words
from fixlip_widget.encoders.view import field_of_view
from fixlip_widget.errors import InputError
from fixlip_widget.naming import patch_names


class ClipEncoder:
    """A DualEncoder over an `open_clip.CLIP`; raises InputError for towers it cannot mask faithfully."""

    def __init__(
        self,
        model: CLIP,
        tokenizer: CaptionTokenizer,
        preprocess: PreprocessCfg,
        name: str,
        device: torch.device,
        precision: torch.dtype = torch.float32,
    ) -> None:
        _refuse_unfaithful(model, name)
        self.name = name
        self.device = device
        self.precision = precision
        self._model = model.eval().requires_grad_(False).to(device)
        self._tokenizer = tokenizer
        self._preprocess = preprocess
        self.scale = float(model.logit_scale.exp())
        self.bias = 0.0 if model.logit_bias is None else float(model.logit_bias)

    def image(self, image: ImageLike) -> ClipImage:
        """Prepare an image: resized, cropped and normalised as the model was trained."""
        picture = read_image(image)
        transform = image_transform_v2(self._preprocess, is_train=False)
        pixels: Tensor = transform(picture)[None].to(self.device)  # (1, 3, H, W)
        return ClipImage(self._model.visual, pixels, field_of_view(picture, self._preprocess), self.precision)

    def text(self, caption: str) -> ClipText:
        """Prepare a caption."""
        if not isinstance(caption, str):
            raise InputError(f"A caption is a string, not {type(caption).__name__}; put it in quotes.")
        try:
            caption.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"The caption {caption!r} is not valid text; write it in UTF-8.") from error
        ids, tokens = self._tokenizer(caption)
        return ClipText(self._model, torch.tensor(ids, device=self.device), tokens, self.precision)


class ClipImage:
    """An image whose patches can be blanked."""

    def __init__(self, visual: VisionTransformer, pixels: Tensor, picture: Image.Image, precision: torch.dtype) -> None:
        rows, columns = visual.grid_size
        self.grid = (int(rows), int(columns))
        self.n_players = self.grid[0] * self.grid[1]
        self.tokens = patch_names(self.grid)
        self.picture = picture
        self._visual = visual
        self._precision = precision
        with torch.inference_mode():
            self._kept = embed_patches(visual, pixels)  # (1, P, width)
            self._blank = embed_patches(visual, torch.zeros_like(pixels))  # (1, P, width)

    @torch.inference_mode()
    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, P) bool, True = kept → unit embeddings (m, d) float32."""
        kept = masks.to(self._kept.device)[:, :, None]  # (m, P, 1)
        patches = torch.where(kept, self._kept, self._blank)  # (m, P, width)
        with multiplying_in(self._precision, patches.device):
            embeddings = encode_patches(self._visual, patches)  # (m, d)
        return F.normalize(embeddings.float(), dim=-1)


class ClipText:
    """A caption whose tokens can be hidden from attention."""

    grid = None

    def __init__(self, model: CLIP, ids: Tensor, tokens: list[str], precision: torch.dtype) -> None:
        self.tokens = tokens
        self.n_players = len(tokens)
        self._model = model
        self._precision = precision
        self._ids = ids  # (L,) with start and end

    @torch.inference_mode()
    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, L − 2) bool, True = kept → unit embeddings (m, d) float32."""
        visible = F.pad(masks.to(self._ids.device), (1, 1), value=True)  # (m, L)
        ids = self._ids.expand(len(masks), -1)  # (m, L)
        with multiplying_in(self._precision, ids.device):
            embeddings = encode_words(self._model, ids, visible)  # (m, d)
        return F.normalize(embeddings.float(), dim=-1)


def _refuse_unfaithful(model: CLIP, name: str) -> None:
    visual = getattr(model, "visual", None)
    if type(model) is not CLIP or not isinstance(visual, VisionTransformer):
        towers = f"{type(model).__name__} with a {type(visual).__name__} image tower"
        raise InputError(f"{name} is a {towers}, which cannot be masked yet; use a CLIP ViT such as ViT-B-32.")
    if visual.attn_pool is not None or model.attn_mask is None or model.text_pool_type not in ("argmax", "eos"):
        raise InputError(
            f"{name} pools its tokens in a way that cannot be masked yet; use a CLIP ViT such as ViT-B-32."
        )
