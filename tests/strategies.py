"""Strategies of what users may give, and of what a file may hold; tests and the fuzzer draw from the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.schema import SYMMETRIC
from fixlip_widget.story import Step
from fixlip_widget.typing import MODES, FloatArray

numbers = st.floats(-1e30, 1e30)
texts = st.text(st.characters())  # any code point, lone surrogates included


def symmetric(square: FloatArray) -> FloatArray:
    """The upper triangle (n, n) in both places."""
    upper = np.triu(square, 1)
    both: FloatArray = upper + upper.T
    return both


@st.composite
def explanations(draw: st.DrawFn) -> Explanation:
    """Any explanation of a few tokens, of order 2 or 3, with and without errors, some of them unknown."""
    rows, columns, n_t = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    n_v = rows * columns
    n = n_v + n_t
    third = {"third_image": (n_v * (n_v - 1) // 2, n_t), "third_text": (n_v, n_t * (n_t - 1) // 2)}
    shapes: dict[str, tuple[int, ...]] = {"first": (n,), "second": (n, n), **third}
    order = draw(st.sampled_from([2, 3]))
    values: dict[str, Any] = {
        name: draw(arrays(np.float64, shape, elements=numbers))
        for name, shape in shapes.items()
        if order == 3 or name not in third
    }
    errors = st.floats(0, 1e30) | st.just(np.nan)
    error_shapes = {f"stderr_{name}": shape for name, shape in shapes.items()}
    error_shapes |= {"stderr_first_order": (n,), "stderr_second_order": (n, n)}
    values |= {
        name: draw(arrays(np.float64, shape, elements=errors))
        for name, shape in error_shapes.items()
        if draw(st.booleans())
    }
    values |= {name: symmetric(values[name]) for name in SYMMETRIC if name in values}
    if draw(st.booleans()):
        m = draw(st.integers(1, 3))
        values["example_masks"] = draw(arrays(np.bool_, (m, n)))
        values["example_similarity"] = draw(arrays(np.float64, (m,), elements=numbers))
    players = st.lists(st.integers(0, n - 1), max_size=2, unique=True)
    steps = st.builds(Step, st.text(min_size=1).filter(str.strip), players, st.sampled_from([None, *MODES]), players)
    values["story"] = tuple(draw(st.lists(steps, max_size=2)))
    return Explanation(
        **values,
        tokens=tuple(draw(st.lists(texts, min_size=n, max_size=n))),
        grid=(rows, columns),
        caption=draw(texts),
        image=None,
        baseline_value=draw(numbers | st.just(np.nan)),
        empty_value=draw(numbers),
        full_value=draw(numbers),
        p=draw(st.floats(0, 1) | st.tuples(st.floats(0, 1), st.floats(0, 1))),
        max_order=order,
        index=draw(texts),
        method=draw(texts),
        model=draw(texts),
        estimated=draw(st.booleans()),
        n_image_masks=draw(st.none() | st.integers(0)),
        random_state=draw(st.none() | st.integers()),
        seconds=draw(st.none() | st.floats(0, 1e30)),
        r2=draw(st.none() | numbers),
        masking=draw(st.none() | texts),
        credit=draw(st.none() | texts),
        shrinkage=draw(st.floats(0, 1)),
        crop_box=draw(st.sampled_from([None, (0.0, 0.25, 1.0, 0.75)])),
    )


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary(max_size=20)
    | st.lists(st.integers() | st.floats() | st.text(), max_size=4)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
    | st.sampled_from(
        [object(), np.float64(0.5), np.int64(3), np.bool_(True), np.zeros(3), np.array(0.5), float, 10**400, 1e300, ...]
    )
)
"""Values of any type."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
"""What JSON can hold, and what Python's writes besides."""


@st.composite
def damages(draw: st.DrawFn, content: bytes) -> bytes:
    """Other content: a flipped bit, a cut, or a run of bytes that is overwritten, inserted or removed."""
    place = draw(st.integers(0, len(content) - 1))
    kind = draw(st.sampled_from(["flip", "flip", "cut", "overwrite", "insert", "remove"]))
    if kind == "flip":
        return content[:place] + bytes([content[place] ^ 1 << draw(st.integers(0, 7))]) + content[place + 1 :]
    if kind == "cut":
        return content[:place]
    run = draw(st.binary(min_size=1, max_size=12) | st.integers(1, 500).map(bytes))
    after = place if kind == "insert" else place + len(run)
    return content[:place] + (b"" if kind == "remove" else run) + content[after:]
