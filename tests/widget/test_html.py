from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.widget.html import render_html, script_safe, write_html
from fixlip_widget.widget.serialize import serialize
from fixlip_widget.widget.static import bundle
from tests.widget.samples import oblong


class Elements(HTMLParser):
    """Tags with their attributes, and the text inside each script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def test_a_caption_cannot_become_markup() -> None:
    page = render_html(oblong())
    found = Elements(page)

    assert [tag for tag, _ in found.tags].count("script") == 2
    assert "img" not in {tag for tag, _ in found.tags}
    assert "<title>&lt;img src=x onerror=alert(1)&gt; &lt;/script&gt; שלום 🐕 hydrant</title>" in page


def test_the_page_holds_state_and_module() -> None:
    explanation = oblong()
    state = json.loads(Elements(render_html(explanation)).scripts[0])
    wire = serialize(explanation)

    assert base64.b64decode(state["values"]) == wire["values"]
    assert state["meta"] == wire["meta"]
    assert state["module"] == bundle("widget.js")


def test_the_page_asks_for_nothing() -> None:
    page = render_html(oblong())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)

    assert policy is not None
    assert policy[1].split("; ") == [
        "default-src 'none'",
        "script-src 'unsafe-inline' blob:",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",  # neither this nor the next falls back to the first
        "form-action 'none'",
    ]
    assert not any(name in attributes for _, attributes in Elements(page).tags for name in ("src", "href"))
    assert not re.search(r"@import|https?://(?!www\.w3\.org/2000/svg)", page)


def test_state_cannot_end_its_script() -> None:
    assert script_safe({"a": "</script><!--"}) == '{"a": "\\u003c/script>\\u003c!--"}'


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_html(oblong(), tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == render_html(oblong())
    with pytest.raises(InputError):
        write_html(oblong(), tmp_path / "nowhere" / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_half_a_letter_is_no_obstacle(tmp_path: Path) -> None:
    write_html(oblong().replace(caption="half a letter: \ud83d"), tmp_path / "half.html")
    assert "<title>half a letter: ?</title>" in (tmp_path / "half.html").read_text(encoding="utf-8")
