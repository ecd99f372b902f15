"""The towers of open_clip's own models, split where the tokens enter, so that tokens can be masked."""

from __future__ import annotations

from copy import copy

import torch
from open_clip.hf_model import HFTextEncoder, MaxPooler
from open_clip.model import CLIP
from open_clip.transformer import TextTransformer, VisionTransformer, text_global_pool
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.encoders.module_surgery import select_tokens
from fixlip_widget.encoders.prefix_tree import PrefixTrees
from fixlip_widget.encoders.towers import Unmaskable


class OpenClipImageTower:
    """open_clip's own image tower; raises Unmaskable where it pools by attention."""

    def __init__(self, visual: VisionTransformer) -> None:
        if visual.attn_pool is not None:
            raise Unmaskable("pools its patches by attention")
        rows, columns = visual.grid_size
        self.grid = (int(rows), int(columns))
        height, width = visual.patch_size
        self.patch_size = (int(height), int(width))
        self.can_drop = visual.pool_type == "tok"
        self._visual = visual
        self._positions: Tensor = visual.positional_embedding  # (1 + P, width)

    def with_grid(self, grid: tuple[int, int]) -> OpenClipImageTower:
        """The same tower for images of other sizes; positions are interpolated as open_clip does for its weights."""
        tower = copy(self)
        tower._positions = _resized(self._positions, self.grid, grid)
        tower.grid = grid
        return tower

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → patches (b, P, width)."""
        return embed_patches(self._visual, pixels)

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """Patches (b, P, width), and the indices of those not dropped (b, k) → image embeddings (b, d)."""
        return encode_patches(self._visual, patches, kept, self._positions)


class OpenClipTextTower:
    """open_clip's own text tower, causal or not; raises Unmaskable where it pools other tokens than the caption's.

    Attributes:
        padded: whether it attends to tokens after the end token; where it does not, captions are cut there.
    """

    def __init__(self, text: CLIP | TextTransformer) -> None:
        pooling, _ = _pooling(text)
        if pooling == "none" or getattr(text, "cls_emb", None) is not None:
            raise Unmaskable("does not pool a caption's own tokens")
        self.padded = text.attn_mask is None or pooling not in ("argmax", "eos")
        self._text = text

    def encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Token ids and which are visible (b, L) → text embeddings (b, d)."""
        return encode_words(self._text, ids, visible)


class CausalOpenClipTextTower(OpenClipTextTower):
    """A text tower with a causal mask, which computes shared prefixes once."""

    def encode_trees(self, ids: Tensor, trees: PrefixTrees) -> Tensor:
        """Captions with token ids (m, L), as trees → text embeddings (m, d)."""
        text = self._text
        dtype = text.transformer.get_cast_dtype()
        x = text.token_embedding(ids[trees.caption, trees.position]).to(dtype)  # (c, T, width)
        x = x + text.positional_embedding[trees.position].to(dtype)
        x = text.transformer(x, attn_mask=_additive(trees.attends, text, dtype))  # (c, T, width)
        states = x.flatten(0, 1)  # (c · T, width)
        return _pooled(text, states[trees.path], ids)


def openclip_text_tower(text: CLIP | TextTransformer) -> OpenClipTextTower:
    """The tower, with shared prefixes where it is causal; raises Unmaskable as its class does."""
    tower = OpenClipTextTower(text)
    return tower if tower.padded or getattr(text, "use_pad_mask", False) else CausalOpenClipTextTower(text)


def embed_patches(visual: VisionTransformer, pixels: Tensor) -> Tensor:
    """Pixels (b, 3, H, W) → patch embeddings (b, P, width), row-major, without positions."""
    maps = visual.conv1(pixels)  # (b, width, rows, cols)
    patches: Tensor = maps.flatten(2).transpose(1, 2)  # (b, P, width)
    return patches


def encode_patches(
    visual: VisionTransformer, patches: Tensor, kept: Tensor | None = None, positions: Tensor | None = None
) -> Tensor:
    """Patch embeddings (b, P, width) → image embeddings (b, d), not normalised.

    With `kept` (b, k), indices of patches, only these and the class token enter the transformer. `positions` (1 + P,
    width) replace those of the model.
    """
    cls = visual.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)  # (b, 1, width)
    x = torch.cat([cls, patches], dim=1)  # (b, 1 + P, width)
    x = x + (visual.positional_embedding if positions is None else positions).to(x.dtype)
    if kept is not None:
        x = select_tokens(x, kept, prefix=1)  # (b, 1 + k, width)
    x = visual.transformer(visual.ln_pre(x))  # (b, 1 + P, width)
    pooled, _ = visual._pool(x)  # (b, width)
    embedding: Tensor = pooled if visual.proj is None else pooled @ visual.proj  # (b, d)
    return embedding


def _resized(positions: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """Positions (1 + P, width), of which the first is the class token's, for another grid of patches."""
    width = positions.shape[1]
    maps = positions[1:].reshape(1, *old, width).permute(0, 3, 1, 2)  # (1, width, rows, cols)
    resized = F.interpolate(maps, size=new, mode="bicubic", antialias=True, align_corners=False)
    return torch.cat([positions[:1], resized.permute(0, 2, 3, 1).reshape(-1, width)])


def encode_words(text: CLIP | TextTransformer, ids: Tensor, visible: Tensor) -> Tensor:
    """Token ids (b, L) → text embeddings (b, d), not normalised.

    `visible` (b, L) bool are the positions that may be attended to; no position moves. L may be shorter than the
    context of the model: nothing after the end token reaches it through a causal mask.
    """
    length = ids.shape[1]
    dtype = text.transformer.get_cast_dtype()
    x = text.token_embedding(ids).to(dtype)  # (b, L, width)
    x = x + text.positional_embedding[:length].to(dtype)
    if getattr(text, "use_pad_mask", False):
        visible = visible & (ids != text.pad_id)
    x = text.transformer(x, attn_mask=_additive(_attended(text, visible), text, dtype))  # (b, L, width)
    return _pooled(text, x, ids)


def _pooled(text: CLIP | TextTransformer, x: Tensor, ids: Tensor) -> Tensor:
    """Hidden states (b, L, width) of tokens with ids (b, L) → embeddings (b, d)."""
    pooling, end = _pooling(text)
    x = text_global_pool(text.ln_final(x), ids, pooling, eos_token_id=end)  # (b, width)
    project = text.text_projection
    embedding: Tensor
    if project is None:
        embedding = x
    elif isinstance(project, torch.nn.Linear):
        embedding = project(x)
    else:
        embedding = x @ project  # (b, d)
    return embedding


def _pooling(text: CLIP | TextTransformer) -> tuple[str, int]:
    """The pooling of the text tower and the id of its end token; a CLIP model is its own text tower."""
    if isinstance(text, TextTransformer):
        return text.pool_type, text.eos_id
    return text.text_pool_type, text.text_eos_id


def _attended(text: CLIP | TextTransformer, visible: Tensor) -> Tensor:
    """Which tokens each token attends to (b, L, L): visible ones, only earlier ones where it is causal, and itself.

    A hidden token attends to itself, as attention over nothing would be NaN.
    """
    length = visible.shape[1]
    own = torch.eye(length, dtype=torch.bool, device=visible.device)  # (L, L)
    attended = visible[:, None, :] | own  # (b, L, L)
    return attended if text.attn_mask is None else attended & (text.attn_mask[:length, :length] == 0)


def _additive(attended: Tensor, text: CLIP | TextTransformer, dtype: torch.dtype) -> Tensor:
    """(b, L, L) bool → 0 or −inf for each head, (b · heads, L, L)."""
    heads = text.transformer.resblocks[0].attn.num_heads
    mask = torch.zeros(attended.shape, dtype=dtype, device=attended.device)  # (b, L, L)
    return mask.masked_fill_(~attended, float("-inf")).repeat_interleave(heads, dim=0)


class HFTextTower:
    """A text tower of transformers inside open_clip (RoBERTa, XLM-RoBERTa, NLLB, mT5), which attends to no padding.

    Hidden tokens are treated as padding, in its pooling too. Some of these towers count positions without padding, so
    that text_masker="pad" shifts the positions of later tokens.
    """

    padded = False

    def __init__(self, text: HFTextEncoder) -> None:
        if isinstance(text.pooler, MaxPooler):
            raise Unmaskable("pools its captions by maximum")
        self._text = text
        self.pad_id = int(text.config.pad_token_id)

    def encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Token ids and which are visible (b, L) → text embeddings (b, d)."""
        mask = (visible & (ids != self.pad_id)).long()  # (b, L)
        states = self._text.transformer(input_ids=ids, attention_mask=mask)
        embedding: Tensor = self._text.proj(self._text.pooler(states, mask))  # (b, d)
        return embedding
