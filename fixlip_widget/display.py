"""How an explanation is shown: as a widget, as a page, and as a still figure."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from fixlip_widget.typing import Selection

if TYPE_CHECKING:
    from fixlip_widget.widget import ExplanationWidget


class Displayed:
    """The methods of `Explanation` that draw it."""

    def show(self: Any, selected: Selection | None = None, **traits: Any) -> ExplanationWidget:
        """The interactive view, a widget with the traits `selected` and `mode`.

        Args:
            selected: tokens that it opens with, by index or name; by default the word of the strongest interaction with
                a patch.
            traits: initial `mode`, `hidden` and `layout`.
        """
        from fixlip_widget.widget import show

        return show(self, selected, **traits)

    def to_html(self: Any, path: str | PathLike[str], selected: Selection | None = None) -> None:
        """Write the interactive view as one HTML file that needs no kernel and no network; `selected` as for `show`."""
        from fixlip_widget.widget import write_html

        write_html(self, path, selected)

    def to_svg(
        self: Any,
        path: str | PathLike[str],
        selected: Selection = (),
        *,
        mode: str | None = None,
        figure: bool = False,
        width_mm: float | None = None,
        font: str | None = None,
        count: int | None = None,
    ) -> None:
        """Write the view as an SVG.

        Args:
            path: the file.
            selected: tokens, by index or name: whose interactions are shown, whose links, or that the set contains.
            mode: "attribution", "conditional", "links" or "subset"; by default "conditional" with a selection.
            figure: picture and caption only, and the graph of a set, for a paper; words have 8 points, the caption is
                one row where it fits.
            width_mm: width in print, by default 85 for a figure.
            font: family of an installed font, or path of a font file.
            count: links to draw, by default 20, or tokens of the set, by default 5.

        Raises:
            InputError: for what does not exist, and modes that the explanation has no values for.

        Example:
            >>> import tempfile
            >>> from pathlib import Path
            >>> import fixlip_widget as fw
            >>> from fixlip_widget.demo.showcase import showcase
            >>> explanation = fw.Explainer.demo(image_grid=(1, 7)).explain(*showcase("above"))
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     path = Path(folder) / "star.svg"
            ...     explanation.to_svg(path, "star", figure=True, width_mm=60)
            ...     'width="60mm"' in path.read_text()
            True
        """
        from fixlip_widget.widget import write_svg

        write_svg(self, path, selected, mode=mode, figure=figure, width_mm=width_mm, font=font, count=count)

    def to_png(self: Any, path: str | PathLike[str], selected: Selection = (), **options: Any) -> None:
        """Write the view as a PNG, a figure with 576 pixels per inch; options are those of `to_svg`."""
        from fixlip_widget.widget import write_png

        write_png(self, path, selected, **options)

    def to_pdf(self: Any, path: str | PathLike[str], selected: Selection = (), **options: Any) -> None:
        """Write the view as a PDF of vectors with embedded fonts (needs fpdf2); options are those of `to_svg`."""
        from fixlip_widget.widget import write_pdf

        write_pdf(self, path, selected, **options)

    def _repr_mimebundle_(self: Any, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from fixlip_widget.widget import mimebundle

        return mimebundle(self)
