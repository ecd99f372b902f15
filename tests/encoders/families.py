"""Every family of encoders as a user loads it, beside the model itself asked in its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import open_clip
import torch
import transformers
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget import Explainer
from fixlip_widget.encoders.tower_encoder import TowerEncoder
from tests.encoders.checkpoints import SIGLIP_TEXT, open_clip_config, write_open_clip, write_siglip, write_transformers


class Family(ABC):
    """A checkpoint on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def model(self) -> Any:
        """As its library loads it."""
        return self.load_model()

    @abstractmethod
    def load_model(self) -> Any:
        """The model of the library."""

    @abstractmethod
    def load(self, **masking: Any) -> Explainer:
        """Through the public call."""

    @abstractmethod
    def image(self, photo: Image.Image, kept: Tensor) -> Tensor:
        """The model's own embedding (m, d) of pixels zeroed where a patch (m, rows, cols) is not kept."""

    @abstractmethod
    def ids(self, caption: str) -> Tensor:
        """The model's own reading (1, context)."""

    @abstractmethod
    def read(self, ids: Tensor) -> Tensor:
        """The model's own embeddings (m, d) of token ids (m, context)."""

    def text(self, caption: str) -> Tensor:
        """The model's own embedding (1, d)."""
        return self.read(self.ids(caption))

    @abstractmethod
    def logit(self, photo: Image.Image, caption: str) -> float:
        """The similarity as the library's own forward gives it."""

    def encoder(self, **masking: Any) -> TowerEncoder:
        encoder = self.load(**masking).encoder
        assert isinstance(encoder, TowerEncoder)
        return encoder


class OpenClip(Family):
    @property
    def name(self) -> str:
        return f"local-dir:{self.folder}"

    def load_model(self) -> Any:
        return open_clip.create_model(self.name).eval()

    def load(self, **masking: Any) -> Explainer:
        return Explainer.from_open_clip(self.folder, device="cpu", precision="fp32", **masking)

    def image(self, photo: Image.Image, kept: Tensor) -> Tensor:
        model = self.model
        transform = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)
        pixels = transform(photo)[None]  # (1, 3, H, W)
        with torch.inference_mode():
            return F.normalize(model.encode_image(pixels * zoomed(kept, pixels)), dim=-1)

    def ids(self, caption: str) -> Tensor:
        ids: Tensor = open_clip.get_tokenizer(self.name)(caption)
        return ids

    def logit(self, photo: Image.Image, caption: str) -> float:
        model = self.model
        transform = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)
        with torch.inference_mode():
            logits, _ = model.get_logits(transform(photo)[None], self.ids(caption))
        return float(logits)

    def read(self, ids: Tensor) -> Tensor:
        with torch.inference_mode():
            return F.normalize(self.model.encode_text(ids), dim=-1)


class Transformers(Family):
    def load(self, **masking: Any) -> Explainer:
        return Explainer.from_transformers(self.folder, device="cpu", precision="fp32", **masking)

    def load_model(self) -> Any:
        return transformers.AutoModel.from_pretrained(self.folder).eval()

    def image(self, photo: Image.Image, kept: Tensor) -> Tensor:
        load: Any = transformers.AutoImageProcessor
        inputs = load.from_pretrained(self.folder)(images=photo, return_tensors="pt")
        pixels = inputs.pop("pixel_values")
        if pixels.ndim == 4:
            pixels = pixels * zoomed(kept, pixels)
        else:  # (1, places, h · w · 3), padded
            n = kept[0].numel()
            pixels = pixels * F.pad(kept.flatten(1), (0, pixels.shape[1] - n))[:, :, None]
            inputs = {name: value.expand(len(kept), -1) for name, value in inputs.items()}
        with torch.inference_mode():
            return F.normalize(pooled(self.model.get_image_features(pixel_values=pixels, **inputs)), dim=-1)

    def ids(self, caption: str) -> Tensor:
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.folder)
        ids: Tensor = tokenizer(caption, padding="max_length", max_length=20, return_tensors="pt").input_ids
        return ids

    def logit(self, photo: Image.Image, caption: str) -> float:
        images: Any = transformers.AutoImageProcessor
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.folder)
        model = self.model
        masked = model.config.model_type in ("altclip", "chinese_clip")
        text = tokenizer(
            caption, padding="max_length", max_length=20, return_tensors="pt", return_attention_mask=masked
        )
        inputs = {**text, **images.from_pretrained(self.folder)(images=photo, return_tensors="pt")}
        with torch.inference_mode():
            return float(model(**inputs).logits_per_image)

    def read(self, ids: Tensor) -> Tensor:
        model = self.model
        masked = model.config.model_type in ("altclip", "chinese_clip")
        mask = {"attention_mask": (ids != 0).long()} if masked else {}  # as their processors say it
        with torch.inference_mode():
            return F.normalize(pooled(model.get_text_features(input_ids=ids, **mask)), dim=-1)


def zoomed(kept: Tensor, pixels: Tensor) -> Tensor:
    """Patches (m, rows, cols) → pixels (m, 1, H, W)."""
    return F.interpolate(kept[:, None].float(), size=tuple(pixels.shape[2:]), mode="nearest")


def pooled(features: Any) -> Tensor:
    embeddings: Tensor = getattr(features, "pooler_output", features)
    return embeddings


def _open_clip(trunk: str | None = None, **text: Any) -> Callable[[Path], Family]:
    return lambda folder: OpenClip(write_open_clip(folder, open_clip_config(trunk, **text)))


class Blocks(OpenClip):
    """A model without patches, whose players are blocks of pixels."""

    def load(self, **masking: Any) -> Explainer:
        return super().load(**{"image_grid": (4, 2), **masking})


def _convolutional(vision: dict[str, Any]) -> Callable[[Path], Family]:
    config = {**open_clip_config(), "vision_cfg": vision}
    return lambda folder: Blocks(write_open_clip(folder, config))


def _roberta(folder: Path) -> Family:
    text = {"hf_model_name": str(folder / "text"), "hf_tokenizer_name": "beside the weights", "hf_proj_type": "linear"}
    return OpenClip(write_open_clip(folder, open_clip_config(None, **text)))


def _transformers(kind: str) -> Callable[[Path], Family]:
    return lambda folder: Transformers(write_transformers(folder, kind))


FAMILIES: dict[str, Callable[[Path], Family]] = {
    "open_clip CLIP": _open_clip(),
    "open_clip CLIP, attention of its own": _open_clip(block_type="custom"),
    "open_clip SigLIP": lambda folder: OpenClip(write_siglip(folder)),
    "open_clip CLIPA": _open_clip(**{**SIGLIP_TEXT, "proj_bias": False}),
    "open_clip EVA": _open_clip("tiny_eva"),
    "open_clip MobileCLIP-B": _open_clip("tiny_mobileclip", no_causal_mask=True),
    "open_clip ViTamin": _open_clip("tiny_vitamin"),
    "open_clip RoBERTa": _roberta,
    "open_clip ResNet": _convolutional({"layers": [1, 1, 1, 1], "width": 8, "image_size": 64}),
    "open_clip ConvNeXt": _convolutional(
        {"timm_model_name": "tiny_convnext", "image_size": [64, 96], "timm_pool": "avg", "timm_proj": "linear"}
    ),
    "transformers CLIP": _transformers("clip"),
    "transformers SigLIP": _transformers("siglip"),
    "transformers SigLIP, slow tokenizer": _transformers("slow siglip"),
    "transformers SigLIP-2": _transformers("siglip2"),
    "transformers MetaCLIP-2": _transformers("metaclip_2"),
    "transformers AltCLIP": _transformers("altclip"),
    "transformers Chinese-CLIP": _transformers("chinese_clip"),
    "transformers CLIPSeg": _transformers("clipseg"),
}
