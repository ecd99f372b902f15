"""The view of an explanation: a widget in a notebook, an HTML page, a still figure."""

from fixlip_widget.widget.comparison import ComparisonWidget, compare
from fixlip_widget.widget.html import write_html
from fixlip_widget.widget.pdf import write_pdf
from fixlip_widget.widget.png import write_png
from fixlip_widget.widget.svg import write_svg
from fixlip_widget.widget.widget import ExplanationWidget, mimebundle, show

__all__ = [
    "ComparisonWidget",
    "ExplanationWidget",
    "compare",
    "mimebundle",
    "show",
    "write_html",
    "write_pdf",
    "write_png",
    "write_svg",
]
