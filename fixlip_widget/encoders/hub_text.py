"""Text towers from transformers inside open_clip: RoBERTa, XLM-RoBERTa, NLLB and mT5."""

from __future__ import annotations

from open_clip.hf_model import HFTextEncoder, MaxPooler
from torch import Tensor

from fixlip_widget.encoders.masked import Unmaskable


class HubTextTower:
    """A text tower that attends to no padding; what is hidden is treated as it treats that, in its pooling too.

    Some of them count positions without padding, so that a word replaced by it is as good as left out.
    """

    padded = False

    def __init__(self, text: HFTextEncoder) -> None:
        if isinstance(text.pooler, MaxPooler):
            raise Unmaskable("pools its captions by their maximum")
        self._text = text

    def encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Token ids and which are visible (b, L) → text embeddings (b, d)."""
        mask = (visible & (ids != self._text.config.pad_token_id)).long()  # (b, L)
        states = self._text.transformer(input_ids=ids, attention_mask=mask)
        embedding: Tensor = self._text.proj(self._text.pooler(states, mask))  # (b, d)
        return embedding
