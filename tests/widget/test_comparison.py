from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

import fixlip_widget as fw
from fixlip_widget.errors import InputError
from fixlip_widget.widget.figure import compose
from fixlip_widget.widget.frame import color_extent, create_frame
from fixlip_widget.widget.layout import PAGE
from fixlip_widget.widget.png import paint
from fixlip_widget.widget.serialize import serialize
from tests.widget.samples import hydrant, oblong


def test_views_carry_their_explanations_and_what_tells_them_apart() -> None:
    one, other = hydrant(), hydrant(seed=1).replace(p=0.3, method="banzhaf")
    widget = fw.compare(one, other)
    assert [view["title"] for view in widget.views] == ["fixlip · p 0.5", "banzhaf · p 0.3"]
    for view, explanation in zip(widget.views, (one, other), strict=True):
        assert {name: view[name] for name in serialize(explanation)} == serialize(explanation)
    hidden = (one.replace(masking=f"image {masker}, text attention") for masker in ("zero", "blur"))
    assert [view["title"] for view in fw.compare(*hidden).views] == [
        "hidden patches blank",
        "hidden patches blurred",
    ]
    assert [view["title"] for view in fw.compare(one, one).views] == ["a", "b"]
    one, drawn = one.replace(random_state=0), one.replace(random_state=7)
    assert [view["title"] for view in fw.compare(one, drawn).views] == ["random state 0", "random state 7"]
    inside = drawn.replace(method="game", n_image_masks=None, n_text_masks=None, random_state=None, p=0.9)
    assert [view["title"] for view in fw.compare(one, inside).views] == ["fixlip · p 0.5", "game"]
    assert [view["title"] for view in fw.compare(one, other, titles=["x", "y"]).views] == ["x", "y"]


def test_one_selection_serves_all() -> None:
    widget = fw.compare(hydrant(), hydrant(seed=1))
    widget.selected = [54, np.int64(3)]
    assert (widget.selected, widget.mode) == ([54, 3], "conditional")
    with pytest.raises(InputError):
        widget.selected = [57]


def test_other_units_have_scales_of_their_own() -> None:
    assert fw.compare(hydrant(), hydrant()).scale == "common"
    assert fw.compare(hydrant(), hydrant().replace(units="cosine")).scale == "own"


def test_only_what_can_be_compared_is_compared() -> None:
    with pytest.raises(InputError, match="1 explanations cannot be compared; give from 2 to 6"):
        fw.compare(hydrant())
    with pytest.raises(InputError, match="another grid"):
        fw.compare(hydrant(), oblong())
    with pytest.raises(InputError, match="1 titles do not fit 2"):
        fw.compare(hydrant(), hydrant(), titles=["x"])
    with pytest.raises(InputError, match=r"titles is a list, not str; put it in brackets, as in titles=\[…\]"):
        fw.compare(hydrant(), hydrant(), titles="xy")
    with pytest.raises(InputError, match=r"An explanation is compared, not list; give them as in compare\(a, b\)"):
        fw.compare([hydrant(), hydrant()])  # type: ignore[arg-type]


def test_the_page_is_as_safe_as_that_of_one(tmp_path: Path) -> None:
    fw.compare(oblong(), oblong(errors=True)).to_html(tmp_path / "two.html")
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert page.count("</script>") == 2


@pytest.mark.parametrize("scale", ["common", "own"])
def test_a_still_shows_every_view_under_its_title(scale: str) -> None:
    one, other = hydrant(), hydrant(seed=1)
    weak = other.replace(first=other.first / 4, second=other.second / 4)
    widget = fw.compare(one, weak, other, weak, titles=["one", "weak", "other", "last"])
    widget.scale, widget.selected = scale, [54, 3]
    data, metadata = widget._repr_mimebundle_()
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as still:
        seen = still.convert("RGB")
    assert (metadata["image/png"]["width"], seen.width) == (3 * PAGE.width / 2, 3 * PAGE.width)
    full = max(color_extent(view, [54]) for view in (one, other))
    for place, (view, title) in enumerate(zip((one, weak, other, weak), ("one", "weak", "other", "last"), strict=True)):
        extent = full if scale == "common" else color_extent(view, [54])
        alone = paint(compose(create_frame(view, (54, 3), extent=extent), PAGE, title))
        corner = (place % 3 * PAGE.width, place // 3 * alone.height)
        box = (*corner, corner[0] + PAGE.width, corner[1] + alone.height)
        assert ImageChops.difference(seen.crop(box), alone).getbbox() is None, title
    assert data["text/plain"].splitlines()[1] == f"weak: {weak!r}"
    assert len(base64.b64decode(data["image/png"])) < 800_000
