"""Images and captions that are ready to be encoded, and the most recent ones of an encoder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cached_property
from threading import RLock
from typing import Generic, TypeVar

from PIL.Image import Image
from torch import Tensor

from fixlip_widget.encoders import DualEncoder, MaskedImage, MaskedInput
from fixlip_widget.encoders.contract import check_input, read_device, read_number
from fixlip_widget.encoders.device import batch_size
from fixlip_widget.encoders.images import buffered, image_key, read_image
from fixlip_widget.encoders.preprocessing import Original
from fixlip_widget.encoders.protocol import check_text
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.game import BatchedEncoder, SimilarityGame
from fixlip_widget.estimation.sampler import MaskSampler
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.mask_sources import MaskKind, mask_source
from fixlip_widget.typing import ImageLike, OnBatch

MAX_IMAGES, MAX_CAPTIONS = 4, 64
"""Prepared inputs that are remembered."""
MAX_SAMPLERS = 6
"""Samplers that a prepared input remembers."""
MAX_FRESH = 3
"""Sets of masks whose embeddings a prepared input remembers: those of `Explainer.r2`, the examples, and those with one
player kept or hidden."""

T = TypeVar("T")


class LRUCache(Generic[T]):
    """A mapping that drops the least recently used entry beyond its capacity."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._entries: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, factory: Callable[[], T]) -> T:
        """The entry of this key, made by `factory` where there is none."""
        return self.put(key, self._entries.pop(key) if key in self._entries else factory())

    def put(self, key: Hashable, entry: T) -> T:
        """Store an entry under a key, and return it."""
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > self.capacity:
            self._entries.popitem(last=False)
        return entry

    def values(self) -> list[T]:
        """All entries, least recently used first."""
        return list(self._entries.values())


class PreparedInput:
    """An image or a caption ready to be encoded, with its most recent samplers.

    Args:
        encoder: encodes masks of it.
        load_picture: returns what the encoder sees of an image; None for a caption.
    """

    def __init__(self, encoder: BatchedEncoder, load_picture: Callable[[], Image] | None = None) -> None:
        self.encoder, self._load_picture = encoder, load_picture
        self._samplers: LRUCache[MaskSampler] = LRUCache(MAX_SAMPLERS)
        self._fresh: LRUCache[Tensor] = LRUCache(MAX_FRESH)

    @cached_property
    def picture(self) -> Image | None:
        """What the encoder sees of an image; None for a caption."""
        return None if self._load_picture is None else self._load_picture()

    @property
    def original(self) -> Original | None:
        """The whole image, where the encoder says that it sees only a part; None for a caption."""
        return getattr(self.encoder.source, "original", None)

    @property
    def truncated(self) -> str | None:
        """The part that was kept of a caption that was too long; None for whole captions, and for images."""
        return getattr(self.encoder.source, "truncated", None)

    def sampler(self, degree: int, p: float, seed: int, kind: MaskKind, count: int, *, keep_masks: bool) -> MaskSampler:
        """The sampler of these masks, known or new.

        Args:
            degree: highest degree of the accumulated products.
            p: probability of keeping a player.
            seed: seed of the drawn masks.
            kind: of the masks.
            count: masks that are needed.
            keep_masks: whether all masks and embeddings are kept.
        """
        key = degree, p, None if kind == "all" else seed, kind, keep_masks

        def create() -> MaskSampler:
            source = mask_source(kind, self.encoder.n_players, p, seed)
            return MaskSampler(self.encoder, degree, p, source, keep_masks=keep_masks)

        known = self._samplers.get(key, create)
        # With more masks than `count`, the result would depend on what was asked before.
        return known if len(known) <= count else self._samplers.put(key, create())

    def embed_fresh(self, masks: Tensor, on_batch: OnBatch) -> Tensor:
        """Embeddings (m, d) of masks (m, n); those of the last calls are remembered."""
        key = tuple(masks.shape), masks.numpy().tobytes()
        return self._fresh.get(key, lambda: self.encoder.embed_distinct(masks, on_batch))


class InputCache:
    """The most recent images and captions of an encoder, each prepared once.

    Args:
        encoder: prepares images and captions.

    Attributes:
        lock: to be held while inputs are prepared or encoded, as their samplers are shared.
    """

    def __init__(self, encoder: DualEncoder) -> None:
        self._encoder = encoder
        self.lock = RLock()
        self._images: LRUCache[PreparedInput] = LRUCache(MAX_IMAGES)
        self._captions: LRUCache[PreparedInput] = LRUCache(MAX_CAPTIONS)

    def image(self, image: ImageLike) -> PreparedInput:
        """The prepared image, known or new; images are identified by their content."""
        image = buffered(image)

        def create() -> PreparedInput:
            source = self._encoder.image(image)
            return PreparedInput(self._batched(source, "image"), lambda: _picture(source, image))

        key = image_key(image)
        return create() if key is None else self._images.get(key, create)

    def image_of(self, explanation: Explanation) -> PreparedInput:
        """The image of an explanation, or where it is not remembered the explanation's picture as an image."""
        if explanation.image is None:
            raise InputError("This explanation has no picture to measure on; give the explained image as image=.")
        for known in self._images.values():
            if known.picture is explanation.image:
                return known
        return self.image(explanation.image)

    def caption(self, caption: str) -> PreparedInput:
        """The prepared caption, known or new."""
        check_text(caption)
        return self._captions.get(caption, lambda: PreparedInput(self._batched(self._encoder.text(caption), "text")))

    def caption_of(self, explanation: Explanation) -> PreparedInput:
        """The caption of an explanation; one that was cut inside a word would be read differently when it is whole."""
        for known in self._captions.values():
            if known.truncated == explanation.caption:
                return known
        return self.caption(explanation.caption)

    def reserve_captions(self, count: int) -> None:
        """Remember at least this many captions."""
        self._captions.capacity = max(MAX_CAPTIONS, count)

    def game(self, image: PreparedInput, text: PreparedInput) -> SimilarityGame:
        """The similarity game of an image and a caption."""
        scale, bias = (read_number(self._encoder, name) for name in ("scale", "bias"))
        return SimilarityGame(image.encoder, text.encoder, scale, bias)

    def _batched(self, source: MaskedInput, modality: str) -> BatchedEncoder:
        n_players = check_input(source, modality)
        n_tokens = getattr(source, "n_tokens", n_players)  # grouped players have several tokens each
        return BatchedEncoder(source, modality, batch_size(read_device(self._encoder), n_tokens))


def _picture(source: MaskedInput, image: ImageLike) -> Image:
    """What the encoder says it sees, or the image as it was given."""
    return source.picture.convert("RGB") if isinstance(source, MaskedImage) else read_image(image)
