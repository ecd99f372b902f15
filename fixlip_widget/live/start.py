"""The call that opens an explorer."""

from __future__ import annotations

from collections.abc import Mapping

from fixlip_widget.encoders import ImageLike
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.live.explorer import Explorer


def explore(
    image: ImageLike | None = None,
    caption: str | None = None,
    *,
    explainer: Explainer | Mapping[str, Explainer] | None = None,
) -> Explorer:
    """Explain live: controls for image, caption, model, method, p and masks over the interactive view.

    Args:
        image: a path, a PIL image or an array; a painted scene if left out.
        caption: what to compare it with; that scene's own if left out.
        explainer: one, or several by name to choose from; the bundled encoder's if left out.

    Raises:
        InputError: where there is no explainer to choose from, or an image without a caption.
    """
    if image is None or caption is None:
        from fixlip_widget.demo.showcase import showcase

        if image is not None:
            raise InputError("There is an image and no caption; give both, or neither for a painted scene.")
        picture, usual = showcase()
        image, caption = picture, caption or usual
    explainer = Explainer.demo() if explainer is None else explainer
    explainers = explainer if isinstance(explainer, Mapping) else {explainer.encoder.name: explainer}
    if not explainers:
        raise InputError("There is no explainer to choose from; give at least one.")
    return Explorer(explainers, image, caption)
