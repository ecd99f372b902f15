from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.widget.samples import oblong


@pytest.mark.parametrize("caption", [oblong().caption, '"}\n\x00\u2028</script>', "half a letter: \ud83d"])
def test_any_caption_can_be_read_by_other_programs(caption: str, tmp_path: Path) -> None:
    explanation = oblong().replace(caption=caption)
    explanation.to_json(tmp_path / "any.json")
    told = json.loads((tmp_path / "any.json").read_bytes())
    assert told["caption"] == caption
    assert told["tokens"] == list(explanation.tokens)
    np.testing.assert_array_equal(told["second"], explanation.second)
