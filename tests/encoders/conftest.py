"""No test of encoders reaches a model hub."""

from __future__ import annotations

import pytest

from fixlip_widget.encoders import hub


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "is_reachable", lambda: False)
