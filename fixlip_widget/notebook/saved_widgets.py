"""The widgets that a notebook saved: their states, and how they refer to each other."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

STATE_TYPE, VIEW_TYPE = "application/vnd.jupyter.widget-state+json", "application/vnd.jupyter.widget-view+json"
OURS = ("ExplanationWidget", "ComparisonWidget")
"""Widgets that need no kernel; the last part of their `_anywidget_id`."""
_REFERENCE = "IPY_MODEL_"
_NOT_TRAITS = ("_esm", "_css", "_page", "layout", "tabbable", "tooltip")


@dataclass(frozen=True)
class SavedWidgets:
    """The saved models of a notebook by their ids.

    Attributes:
        models: as in the notebook's metadata, each with its name, module, state and buffers.
    """

    models: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> SavedWidgets:
        """Those of a notebook's metadata; none where it saved none."""
        return cls(metadata.get("widgets", {}).get(STATE_TYPE, {}).get("state", {}))

    def kind(self, model_id: str) -> str:
        """The name of one of OURS, or that of the model without its ending."""
        model = self.models.get(model_id, {})
        name = str(model.get("state", {}).get("_anywidget_id", "")).rpartition(".")[2]
        return name if name in OURS else str(model.get("model_name", "")).removesuffix("Model")

    def state(self, model_id: str) -> Mapping[str, Any]:
        """The saved traits of a model, without its buffers; empty for an unknown one."""
        state: Mapping[str, Any] = self.models.get(model_id, {}).get("state", {})
        return state

    def page_state(self, model_id: str) -> dict[str, Any]:
        """The traits of one of our views as JSON for a page, with bytes in base64."""
        model = self.models[model_id]
        state = {name: copy.deepcopy(each) for name, each in model["state"].items() if not _is_private(name)}
        for buffer in model.get("buffers", ()):
            *path, last = buffer["path"]
            holder: Any = state
            for key in path:
                holder = holder[key]
            holder[last] = _base64(buffer)
        return {**state, "status": "ready", "progress": 0}

    def children(self, model_id: str) -> list[str]:
        """The models that a container shows, in their order."""
        return [
            child.removeprefix(_REFERENCE)
            for child in self.state(model_id).get("children") or ()
            if isinstance(child, str) and child.startswith(_REFERENCE)
        ]

    def contains_ours(self, model_id: str) -> bool:
        """Whether a model is one of our views, or a container with one in it."""
        return any(self.kind(each) in OURS for each in self._shown(model_id, set()))

    def _shown(self, model_id: str, seen: set[str]) -> Iterator[str]:
        if model_id in seen or model_id not in self.models:
            return
        seen.add(model_id)
        yield model_id
        for child in self.children(model_id):
            yield from self._shown(child, seen)

    def needed_by(self, model_ids: set[str]) -> dict[str, Mapping[str, Any]]:
        """These models and all that they refer to."""
        needed: dict[str, Mapping[str, Any]] = {}
        waiting = list(model_ids)
        while waiting:
            model_id = waiting.pop()
            if model_id in self.models and model_id not in needed:
                needed[model_id] = self.models[model_id]
                waiting += _references(self.models[model_id].get("state", {}))
        return needed

    def links(self) -> list[dict[str, Any]]:
        """Links between traits of our views, as `ipywidgets.jslink` and `jsdlink` make them."""
        found = []
        for model_id in self.models:
            if self.kind(model_id) in ("Link", "DirectionalLink"):
                ends = [self.state(model_id).get(name) for name in ("source", "target")]
                models = [end[0].removeprefix(_REFERENCE) for end in ends if isinstance(end, list) and len(end) == 2]
                if len(models) == 2 and all(self.kind(each) in OURS for each in models):
                    traits = [end[1] for end in ends if end]
                    found.append(
                        {"ends": list(zip(models, traits, strict=True)), "both": self.kind(model_id) == "Link"}
                    )
        return found


def _is_private(name: str) -> bool:
    return name.startswith("_") or name in _NOT_TRAITS


def _base64(buffer: Mapping[str, str]) -> str:
    """The content of a buffer in base64; older notebooks have hexadecimal ones."""
    if buffer.get("encoding") == "hex":
        return base64.b64encode(bytes.fromhex(buffer["data"])).decode()
    return buffer["data"]


def _references(value: Any) -> Iterator[str]:
    """The ids of the models that a state refers to, wherever it does."""
    if isinstance(value, str):
        if value.startswith(_REFERENCE):
            yield value.removeprefix(_REFERENCE)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
