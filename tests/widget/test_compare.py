from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fixlip_widget as fw
from fixlip_widget.errors import InputError
from fixlip_widget.widget.wire import encode
from tests.widget.samples import hydrant, oblong


def test_views_carry_their_explanations_and_what_tells_them_apart() -> None:
    one, other = hydrant(), hydrant(seed=1).replace(p=0.3, method="banzhaf")
    widget = fw.compare(one, other)
    assert [view["title"] for view in widget.views] == ["fixlip · p 0.5", "banzhaf · p 0.3"]
    for view, explanation in zip(widget.views, (one, other), strict=True):
        assert {name: view[name] for name in encode(explanation)} == encode(explanation)
    hidden = (one.replace(masking=f"image {masker}, text attention") for masker in ("zero", "blur"))
    assert [view["title"] for view in fw.compare(*hidden).views] == [
        "image zero, text attention",
        "image blur, text attention",
    ]
    assert [view["title"] for view in fw.compare(one, one).views] == ["a", "b"]
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
    with pytest.raises(InputError, match="other tokens"):
        fw.compare(hydrant(), oblong())
    with pytest.raises(InputError, match="1 titles do not fit 2"):
        fw.compare(hydrant(), hydrant(), titles=["x"])


def test_the_page_is_as_safe_as_that_of_one(tmp_path: Path) -> None:
    fw.compare(oblong(), oblong(errors=True)).to_html(tmp_path / "two.html")
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert page.count("</script>") == 2
