"""Loading encoders: the constructors of `Explainer` by the library that a model is of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from fixlip_widget.encoders import DualEncoder
from fixlip_widget.encoders.contract import check_encoder
from fixlip_widget.encoders.device import Precision

if TYPE_CHECKING:
    from torch import nn
    from typing_extensions import Self, Unpack

    from fixlip_widget.encoders.masking import MaskingOptions
    from fixlip_widget.encoders.openclip_source import Preprocess
    from fixlip_widget.encoders.whole_picture import Crop


class Loaders:
    """A class that is made of an encoder, and how it is made of models."""

    def __init__(self, encoder: DualEncoder) -> None:
        check_encoder(encoder)
        self.encoder = encoder

    @classmethod
    def demo(
        cls,
        device: str | torch.device | None = None,
        *,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Self:
        """The bundled encoder, which knows scenes of emoji and needs no network; options as for open_clip.

        Example:
            >>> from fixlip_widget import Explainer
            >>> Explainer.demo().encoder.name
            'demo'
        """
        from fixlip_widget.demo.encoder import load_encoder

        return cls(load_encoder(device, precision=precision, **masking))

    @classmethod
    def from_open_clip(
        cls,
        name: str | Path | nn.Module,
        *,
        pretrained: str | Path | None = None,
        tokenizer: object = None,
        preprocess: Preprocess | None = None,
        quick_gelu: bool | None = None,
        crop: Crop = "model",
        truncate: bool = False,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Self:
        """An open_clip model. Nothing that comes with its weights is executed.

        Args:
            name: an architecture, "hf-hub:…", "local-dir:…" or a folder; or a model of open_clip in memory, of which a
                copy is explained, without wrappers of torch.compile, data parallel training and PEFT.
            pretrained: for an architecture, a tag or a checkpoint file; otherwise a file in place of the weights that
                come with it.
            tokenizer: what `open_clip.get_tokenizer` gives; needed for a model in memory.
            preprocess: how pictures are prepared, where the weights do not say it: some of the fields "mean", "std",
                "interpolation" and "resize_mode", an open_clip `PreprocessCfg`, or a function from a PIL image to
                pixels (3, height, width). A file says nothing of it; its architecture's published weights are followed,
                with a warning where they differ.
            quick_gelu: whether the weights were trained with QuickGELU, as OpenAI's and those fine-tuned from them
                were. A file does not say it, so that there is a warning where an architecture has both kinds.
            crop: "model" for the part of a picture that the model's preprocessing keeps, "none" for whole pictures. The
                latter are resized to a grid in their own aspect ratio, of at most as many patches as in training, and
                the positions of patches are interpolated, as in fine-tuning at another resolution.
            truncate: whether captions that are too long are cut to the positions of the model, as its own tokenizer
                cuts them, and explained as far as they are kept; they are refused otherwise.
            device: "cuda", "mps" or "cpu"; the best available one if left out.
            precision: data type of matrix products: "fp32", "bf16", "fp16", or "auto", which is bf16 where the device
                multiplies it natively and fp32 elsewhere. Rounding is part of the standard errors.
            masking: `image_masker`, `text_masker`, `text_players` and `image_grid`, as documented at
                `fixlip_widget.encoders.masking.Masking`.

        Raises:
            InputError: where the model cannot be loaded or cannot be masked faithfully.
        """
        from fixlip_widget.encoders.openclip import load_open_clip

        return cls(
            load_open_clip(
                name,
                pretrained=pretrained,
                tokenizer=tokenizer,
                preprocess=preprocess,
                quick_gelu=quick_gelu,
                crop=crop,
                truncate=truncate,
                device=device,
                precision=precision,
                **masking,
            )
        )

    @classmethod
    def from_transformers(
        cls,
        name: str | Path | nn.Module,
        *,
        processor: object = None,
        crop: Crop = "model",
        truncate: bool = False,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Self:
        """A CLIP, SigLIP or SigLIP-2 model of transformers; options as for open_clip.

        Args:
            name: a repository, a folder, or a folder of a PEFT adapter; or a model in memory, of which a copy is
                explained, without wrappers of torch.compile, data parallel training and PEFT.
            processor: for a model in memory, its processor, with image processor and tokenizer.
            crop: as for open_clip.
            truncate: as for open_clip.
            device: as for open_clip.
            precision: as for open_clip.
            masking: as for open_clip.

        Raises:
            InputError: where transformers is not installed, or the model cannot be loaded or masked faithfully.
        """
        from fixlip_widget.encoders.huggingface import load_transformers

        return cls(
            load_transformers(
                name, processor=processor, crop=crop, truncate=truncate, device=device, precision=precision, **masking
            )
        )

    @classmethod
    def from_sentence_transformers(
        cls,
        name: str | Path | nn.Module,
        *,
        crop: Crop = "model",
        truncate: bool = False,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Self:
        """The CLIP or SigLIP model inside a model of sentence-transformers; options as for open_clip.

        Values are logits, as for all other models: the scale of the model inside times the cosine similarity that
        sentence-transformers gives. Captions of SigLIP are padded as in its training, which sentence-transformers does
        only where its `processing_kwargs` say so.

        Args:
            name: a repository, a folder, or a `SentenceTransformer` in memory.
            crop: as for open_clip.
            truncate: as for open_clip; sentence-transformers truncates.
            device: as for open_clip.
            precision: as for open_clip.
            masking: as for open_clip.

        Raises:
            InputError: for models that embed text only or change embeddings afterwards, and as `from_transformers`.
        """
        from fixlip_widget.encoders.sentencetransformers import load_sentence_transformers

        return cls(
            load_sentence_transformers(
                name, crop=crop, truncate=truncate, device=device, precision=precision, **masking
            )
        )
