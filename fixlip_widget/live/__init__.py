"""Explaining live: edit the caption, change the model, the method or p, and the view follows."""

from fixlip_widget.live.explorer import Explorer
from fixlip_widget.live.start import explore

__all__ = ["Explorer", "explore"]
