"""Live explanations: edit the caption, change the model, the method or p, and the view follows."""

from fixlip_widget.live.explorer import Explorer, explore

__all__ = ["Explorer", "explore"]
