"""Reading an explanation, and taking it to files and other libraries."""

from __future__ import annotations

import dataclasses
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapiq
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.archive import SEAL_BYTES, sealed
from fixlip_widget.story import Step

GRID, WORDS = (2, 3), ("un", "hydrated", "dog", "<b>&amp;")
N = 10


def make(**changes: Any) -> Explanation:
    rng = np.random.default_rng(0)
    upper = np.triu(rng.normal(size=(N, N)), k=1)
    fields: dict[str, Any] = {
        "first": rng.normal(size=N),
        "second": upper + upper.T,
        "tokens": tuple(f"patch {r},{c}" for r in range(2) for c in range(3)) + WORDS,
        "grid": GRID,
        "caption": "unhydrated dog <b>&amp;",
        "image": Image.effect_noise((30, 20), 60).convert("RGB"),
        "baseline_value": -0.9,
        "empty_value": 22.5,
        "full_value": 33.25,
        "p": (0.3, 0.7),
        "max_order": 2,
        "index": "FWBII",
        "method": "fixlip",
        "model": "demo",
        "estimated": True,
        "n_image_masks": 64,
        "n_text_masks": 16,
        "random_state": 7,
        "stderr_first": np.abs(rng.normal(size=N)),
        **changes,
    }
    return Explanation(**fields)


def test_players_come_image_first() -> None:
    explanation = make()
    assert (explanation.n_players, explanation.n_players_image, explanation.n_players_text) == (10, 6, 4)
    assert explanation.tokens[5] == "patch 1,2"
    assert explanation.p_players.tolist() == [0.3] * 6 + [0.7] * 4
    assert explanation.budget == 1024
    assert "2×3 patches + 4 tokens" in repr(explanation)


def test_first_order_adds_what_a_token_brings_on_average() -> None:
    explanation = make()
    for i in range(N):
        expected = explanation.first[i] + sum(explanation.p_players[j] * explanation.second[i, j] for j in range(N))
        assert explanation.first_order()[i] == pytest.approx(expected)


def test_predict_sums_kept_tokens_and_pairs() -> None:
    explanation = make()
    masks = np.random.default_rng(1).random((5, N)) < 0.5
    for mask, got in zip(masks, explanation.predict(masks), strict=True):
        kept = np.flatnonzero(mask)
        expected = explanation.baseline_value + explanation.first[kept].sum()
        expected += sum(explanation.second[i, j] for i in kept for j in kept if i < j)
        assert got == pytest.approx(expected)
    assert explanation.predict(np.zeros(N)) == pytest.approx(-0.9)
    with pytest.raises(InputError, match="Masks of 9 tokens do not fit 10 players"):
        explanation.predict(np.ones((2, 9)))


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ([np.nan] * N, "A mask holds nan, which says neither kept nor hidden; give True and False"),
        ([0.5] * N, "A mask holds 0.5"),
        ([1] * (N - 1) + [2], "A mask holds 2"),
        ([[0] * N, [1] * (N - 1) + [-1]], "A mask holds -1"),
        (["False"] * N, "A mask holds 'False'"),
        ([None] * N, "A mask holds None"),
        ([[1] * N, [1]], "The masks are no array"),
        (np.zeros((1, 1, N)), r"Masks of shape \(1, 1, 10\) are neither one nor a list"),
        ("True", "Masks of 1 tokens do not fit 10 players"),
    ],
)
def test_masks_hold_truth_values(masks: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make().predict(masks)


@pytest.mark.parametrize("kind", [bool, int, float, np.uint8, np.float16, complex])
def test_masks_may_be_numbers(kind: Any) -> None:
    kept = np.arange(N) % 3 == 0
    assert make().predict(kept.astype(kind)) == make().predict(kept)


def test_conditional_is_a_row_or_a_sum_of_rows() -> None:
    explanation = make()
    np.testing.assert_array_equal(explanation.conditional(7), explanation.second[7])
    np.testing.assert_allclose(explanation.conditional([7, 2]), explanation.second[7] + explanation.second[2])
    assert explanation.conditional(np.int64(3)).shape == (N,)
    np.testing.assert_array_equal(explanation.conditional([3, 3]), explanation.second[3])
    assert not explanation.conditional([]).any()
    wrongs: list[tuple[Any, str]] = [
        ([2, 10], "10"),
        (-1, "-1"),
        (1.0, "1.0"),
        ([True], "True"),
        ("1", "'1'"),
        (np.ones(N) > 0, ""),
    ]
    for wrong, named in wrongs:
        with pytest.raises(InputError, match=rf"There is no token .*{named}; choose a name .* number from 0 to 9"):
            explanation.conditional(wrong)
    twice = explanation.replace(tokens=(*explanation.tokens[:-2], "a", "a"))
    np.testing.assert_array_equal(twice.conditional(explanation.tokens[0]), twice.conditional(0))
    with pytest.raises(InputError, match="'a' names the tokens 8, 9; choose one by its number"):
        twice.conditional("a")
    np.testing.assert_array_equal(twice.conditional("a (2)"), twice.conditional(9))
    for label in ("a (0)", "a (3)", "a (x)", "(1)"):
        with pytest.raises(InputError, match="There is no token"):
            twice.conditional(label)


def test_top_k_is_ordered_by_magnitude_over_both_orders() -> None:
    explanation = make()
    with pytest.raises(InputError, match="k=-1 is no whole number from 0"):
        explanation.top_k(-1)
    top = explanation.top_k(12)
    sizes = [abs(value) for _, value in top]
    assert len(top) == 12
    assert sizes == sorted(sizes, reverse=True)
    assert (
        sizes[-1]
        >= np.partition(np.abs(np.concatenate([explanation.first, explanation.second[np.triu_indices(N, 1)]])), -12)[
            -12
        ]
        - 1e-12
    )
    for players, value in top:
        source = explanation.get_n_order_values(len(players))
        assert source[players] == value


def test_values_are_frozen() -> None:
    explanation = make()
    with pytest.raises(ValueError, match="read-only"):
        explanation.first[0] = 1.0
    with pytest.raises(AttributeError):
        # The assignment that the type forbids is the one under test.
        explanation.caption = "other"  # type: ignore[misc]


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"second has shape \(9, 10\), but 10 tokens need \(10, 10\)"):
        make(second=np.zeros((9, 10)))
    with pytest.raises(InputError, match="grid of 3×4"):
        make(grid=(3, 4))
    with pytest.raises(InputError, match="Values of order 3 are no"):
        make().get_n_order_values(3)


def same(a: Explanation, b: Explanation) -> None:
    for name in ("first", "second", "stderr_first"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for name in ("tokens", "grid", "caption", "p", "full_value", "n_image_masks", "random_state", "r2", "model"):
        assert getattr(a, name) == getattr(b, name), name
    assert a.stderr_second is None
    assert b.stderr_second is None


def test_a_saved_explanation_comes_back_whole(tmp_path: Path) -> None:
    explanation = make()
    explanation.save(tmp_path / "dog.npz")
    loaded = Explanation.load(tmp_path / "dog.npz")
    same(explanation, loaded)
    assert loaded.image is not None
    assert np.array_equal(np.asarray(loaded.image), np.asarray(explanation.image))
    assert [path.name for path in tmp_path.iterdir()] == ["dog.npz"]
    make(image=None).save(tmp_path / "dog.npz")
    assert Explanation.load(tmp_path / "dog.npz").image is None


def test_saved_files_hold_no_pickle(tmp_path: Path) -> None:
    make().save(tmp_path / "dog.npz")
    with np.load(tmp_path / "dog.npz", allow_pickle=False) as archive:
        assert {archive[name].dtype.hasobject for name in archive.files} == {False}


def rewrite(
    path: Path, metadata: dict[str, Any], arrays: dict[str, Any] | None = None, *, is_sealed: bool = True
) -> None:
    """Save `make()` with other fields, as somebody might who knows the format."""
    make().save(path)
    with np.load(path) as archive:
        content = dict(archive)
    told = json.loads(str(content["meta"])) | metadata
    content["meta"] = np.array(json.dumps({name: value for name, value in told.items() if value is not ...}))
    file = io.BytesIO()
    np.savez_compressed(file, **{name: array for name, array in (content | (arrays or {})).items() if array is not ...})
    path.write_bytes(sealed(file.getvalue()) if is_sealed else file.getvalue())


def test_files_that_are_no_explanations_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    for change in ({"fourth": 4}, {"format": 3}):
        rewrite(tmp_path / "newer.npz", change)
        with pytest.raises(InputError, match="was written by another version"):
            Explanation.load(tmp_path / "newer.npz")
    for name in ("text.npz", "empty.npz", "other.npz"):
        with pytest.raises(InputError, match=f"{name} is not a saved explanation"):
            Explanation.load(tmp_path / name)
    (tmp_path / "folder.npz").mkdir()
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"folder.npz is no regular file; give the path of one"):
        Explanation.load(tmp_path / "folder.npz")
    with pytest.raises(InputError, match=r"array.npy is not a saved explanation"):
        Explanation.load(tmp_path / "array.npy")
    with pytest.raises(InputError, match="There is no file"):
        Explanation.load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="There is no folder"):
        make().save(tmp_path / "nowhere" / "dog.npz")
    with pytest.raises(InputError, match=r"folder.npz is a folder; add the name of a file"):
        make().save(tmp_path / "folder.npz")


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_damaged_file_is_read(tmp_path_factory: pytest.TempPathFactory, place: float, bit: int) -> None:
    path = tmp_path_factory.mktemp("damaged") / "dog.npz"
    make().save(path)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is not a saved explanation|is damaged, as it"):
        Explanation.load(path)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dog.npz"
    make(image=None).save(path)
    content = path.read_bytes()
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(InputError, match=r"is not a saved explanation|is damaged, as it has no checksum"):
            Explanation.load(path)


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "grid of names": ({"grid": ["a", "b"]}, "is not a saved explanation"),
    "grid of three": ({"grid": [2, 3, 1]}, "is not a saved explanation"),
    "huge grid": ({"grid": [10**9, 0]}, "grid of an explanation is at least 1, not 0"),
    "negative grid": ({"grid": [-2, -3]}, "grid of an explanation is at least 1, not -2"),
    "no grid": ({"grid": ...}, "is not a saved explanation"),
    "caption": ({"caption": 3}, "caption of an explanation is of type str, not 3"),
    "token": ({"tokens": [3] * N}, "tokens of an explanation is of type str, not 3"),
    "p": ({"p": "half"}, "p of an explanation is of type float, not 'half'"),
    "p of NaN": ({"p": np.nan}, "p of an explanation is from 0 to 1, not nan"),
    "p of three": ({"p": [0.5] * 3}, "p of an explanation is a tuple of 2 float"),
    "large p": ({"p": [0.5, 1.5]}, "p of an explanation is from 0 to 1, not 1.5"),
    "r2": ({"r2": "good"}, "r2 of an explanation is of type float"),
    "infinite r2": ({"r2": np.inf}, r"r2 of an explanation is a number of magnitude up to 3.40282e\+38, not inf"),
    "infinite value": ({"full_value": -np.inf}, "full_value of an explanation is a number"),
    "method": ({"method": None}, "method of an explanation is of type str, not None"),
    "units": ({"units": ["logits"]}, "units of an explanation is of type str"),
    "order": ({"max_order": 4}, "max_order of an explanation is from 1 to 3, not 4"),
    "flag": ({"estimated": 1}, "estimated of an explanation is of type bool, not 1"),
    "flag as number": ({"n_image_masks": True}, "n_image_masks of an explanation is of type int, not True"),
    "negative number": ({"forwards": -1}, "forwards of an explanation is at least 0, not -1"),
    "second caption": ({"second_caption": 6}, "second_caption of an explanation is a word after the first, from 7"),
    "shrinkage": ({"shrinkage": 1.5}, "shrinkage of an explanation is from 0 to 1"),
    "story": ({"story": 3}, "is not a saved explanation"),
}
ARRAY_CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "no pairs": ({"second": ...}, "another version of fixlip_widget|second"),
    "other shape": ({"second": np.zeros((N, N + 1))}, "is not a saved explanation"),
    "other type": ({"first": np.zeros(N, np.float32)}, "is not a saved explanation"),
    "objects": ({"first": np.zeros(N, "S8")}, "is not a saved explanation"),
    "another array": ({"extra": np.zeros(3)}, "was written by another version"),
    "infinity": ({"first": np.full(N, np.inf)}, "first holds numbers beyond"),
    "overflow": ({"first": np.full(N, 1e300)}, r"first holds numbers beyond ±3.40282e\+38, which cannot be shown"),
    "one-sided pair": ({"second": np.eye(N, k=1)}, "second is not symmetric"),
    "diagonal": ({"second": np.eye(N)}, "second has values on its diagonal"),
    "negative error": ({"stderr_first": -np.ones(N)}, "stderr_first holds -1.0, which is no standard error"),
    "no PNG": ({"image": np.zeros(9, np.uint8)}, "is not a saved explanation"),
}


@pytest.mark.parametrize("name", [*CHANGES, *ARRAY_CHANGES])
def test_a_file_that_somebody_changed_is_refused(tmp_path: Path, name: str) -> None:
    metadata, arrays = CHANGES.get(name, ({}, ""))[0], ARRAY_CHANGES.get(name, ({}, ""))[0]
    rewrite(tmp_path / "dog.npz", metadata, arrays)
    with pytest.raises(InputError, match=(CHANGES | ARRAY_CHANGES)[name][1]) as refusal:
        Explanation.load(tmp_path / "dog.npz")
    assert "dog.npz" in str(refusal.value)


def test_a_file_without_its_checksum_is_refused(tmp_path: Path) -> None:
    rewrite(tmp_path / "dog.npz", {}, is_sealed=False)
    with pytest.raises(InputError, match=r"dog.npz is damaged, as it has no checksum"):
        Explanation.load(tmp_path / "dog.npz")
    rewrite(tmp_path / "dog.npz", {})
    same(Explanation.load(tmp_path / "dog.npz"), make())


@pytest.mark.parametrize("name", ["first", "second", "image", "example_similarity"])
def test_huge_shapes_are_refused_before_they_are_allocated(tmp_path: Path, name: str) -> None:
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8 if name == "image" else np.float64), (2**36,), (0,))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(huge))
    rewrite(tmp_path / "dog.npz", {}, {name: ...})
    content = tmp_path / "dog.npz"
    content.write_bytes(content.read_bytes()[: -SEAL_BYTES - 2] + b"\0\0")
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(f"{name}.npy", "w") as file:
        file.write(header.getvalue() + bytes(2**21))
    content.write_bytes(sealed(content.read_bytes()))
    tracemalloc.start()
    with pytest.raises(InputError, match="is not a saved explanation"):
        Explanation.load(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**23


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dog.npz"
    make().save(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="model of an explanation is of type str, not <object"):
        make(model=object())
    monkeypatch.setattr("fixlip_widget.io.archive.sealed", lambda content: None)
    with pytest.raises(TypeError):
        make().save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_frame_has_a_row_per_coefficient() -> None:
    explanation = make()
    frame = explanation.to_frame()
    assert len(frame) == N + N * (N - 1) // 2
    row = frame[(frame.i == 5) & (frame.j == 8)].iloc[0]
    assert (row.token_i, row.token_j, row.kind) == ("patch 1,2", "dog", "image-text")
    assert row.value == explanation.second[5, 8]
    assert explanation.stderr_first is not None
    assert frame.iloc[8].stderr == pytest.approx(explanation.stderr_first[8])


@pytest.mark.parametrize(
    ("order", "index", "p", "theirs"),
    [(1, "WBV", 0.5, "BV"), (2, "FWBII", 0.5, "FBII"), (2, "FWBII", 0.3, "Moebius"), (1, "WBV", 0.7, "Moebius")],
)
def test_shapiq_and_back(order: int, index: str, p: float, theirs: str) -> None:
    second = make().second if order == 2 else np.zeros((N, N))
    explanation = make(p=p, max_order=order, index=index, second=second)
    values = explanation.to_shapiq()
    assert values.baseline_value == -0.9
    assert values[(3,)] == pytest.approx(explanation.first[3])
    assert values[(2, 8)] == pytest.approx(explanation.second[2, 8])
    assert values.index == theirs
    back = Explanation.from_shapiq(values, image=explanation.image, tokens=WORDS, grid=GRID, p=p)
    np.testing.assert_allclose(back.first, explanation.first)
    np.testing.assert_allclose(back.second, explanation.second)
    np.testing.assert_allclose(back.first_order(), explanation.first_order())
    everything_and_nothing = np.array([[True] * N, [False] * N])
    np.testing.assert_allclose(back.predict(everything_and_nothing), explanation.predict(everything_and_nothing))
    assert [back.full_value, 0.0] == [pytest.approx(back.predict([True] * N)[0]), back.empty_value]
    assert back.tokens == explanation.tokens
    assert f"sum of the fit={back.full_value:.2f}, baseline=-0.90, {theirs}, p={p})" in repr(back)
    assert "similarity" not in repr(back)
    fitted = shapiq.RegressionFBII(n=N, max_order=2, random_state=0).approximate(
        2**N, lambda m: 5.0 + m.sum(axis=1) ** 3
    )
    read = Explanation.from_shapiq(fitted, image=None, tokens=WORDS, grid=GRID)
    assert read.baseline_value == pytest.approx(fitted[()])
    with pytest.raises(InputError, match="The picture is a PIL image or None, not str"):
        Explanation.from_shapiq(values, image="dog.png", tokens=WORDS, grid=GRID)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="need 4 caption tokens beside 2×3 patches, not 3"):
        Explanation.from_shapiq(values, image=None, tokens=WORDS[:3], grid=GRID)
    with pytest.raises(InputError, match="tokens is a list, not str; put it in brackets"):
        Explanation.from_shapiq(values, image=None, tokens="cats", grid=GRID)


def unpickled(origin: shapiq.InteractionValues, **attributes: Any) -> shapiq.InteractionValues:
    """The object that unpickling makes of the attributes with which another version of shapiq pickled these values."""
    others = {name: value for name, value in vars(origin).items() if name not in ("interactions", "values")}
    fresh = object.__new__(shapiq.InteractionValues)
    fresh.__dict__.update(others | attributes)
    return fresh


def test_values_that_any_version_of_shapiq_pickled() -> None:
    values = make().to_shapiq()
    lookup, array = dict(values.interaction_lookup), np.array(values.values)
    old = unpickled(values, interaction_lookup=lookup, values=array, index="")
    new = unpickled(values, interactions={players: array[position] for players, position in lookup.items()})
    expected = Explanation.from_shapiq(values, image=None, tokens=WORDS, grid=GRID)
    for pickled in (old, new):
        read = Explanation.from_shapiq(pickled, image=None, tokens=WORDS, grid=GRID)
        np.testing.assert_array_equal(read.first, expected.first)
        np.testing.assert_array_equal(read.second, expected.second)
        assert read.model == "unknown model, from shapiq"
    assert "unknown index" in repr(Explanation.from_shapiq(old, image=None, tokens=WORDS, grid=GRID))


def test_triples_of_one_modality_cannot_be_shown_but_the_rest_can() -> None:
    scores = {(): 1.0, (0,): 2.0, (0, 7): 3.0, (0, 1, 2): 4.0}
    lookup = {players: position for position, players in enumerate(scores)}
    values = shapiq.InteractionValues(
        np.array(list(scores.values())),
        index="Moebius",
        max_order=3,
        min_order=0,
        n_players=N,
        interaction_lookup=lookup,
        baseline_value=1.0,
    )
    with pytest.raises(InputError, match=r"of players \(0, 1, 2\) cannot be shown: .* use values.get_n_order\("):
        Explanation.from_shapiq(values, image=None, tokens=WORDS, grid=GRID)
    rest = values.get_n_order(min_order=0, max_order=2)  # as the message advises
    read = Explanation.from_shapiq(rest, image=None, tokens=WORDS, grid=GRID)
    assert (read.max_order, read.baseline_value, read.first[0], read.second[0, 7]) == (2, 1.0, 2.0, 3.0)


def test_the_whole_picture_comes_back_from_a_file(tmp_path: Path) -> None:
    original = Image.effect_noise((50, 20), 60).convert("RGB")
    explanation = make(original=original, crop_box=(0.2, 0.0, 0.8, 1.0))
    explanation.save(tmp_path / "cropped.npz")
    loaded = Explanation.load(tmp_path / "cropped.npz")
    assert loaded.original is not None
    assert loaded.original.tobytes() == original.tobytes()
    assert loaded.crop_box == (0.2, 0.0, 0.8, 1.0)


def test_whoever_takes_the_picture_out_takes_the_whole_picture_out() -> None:
    whole = make(original=Image.new("RGB", (50, 20)), crop_box=[0, 0, 1, 0.5])
    assert whole.crop_box == (0.0, 0.0, 1.0, 0.5)
    assert whole.original is not None
    for without in (whole.replace(image=None), dataclasses.replace(whole, image=None)):
        assert without.original is None
    assert whole.replace(image=Image.new("RGB", (3, 2))).original is None
    assert dataclasses.replace(whole, crop_box=None).original is None
    assert whole.replace(r2=0.5).original is whole.original


@pytest.mark.parametrize(
    "box", [(0.5, 0.0, 0.5, 1.0), (-0.1, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.01), (0, 0, 1), "abcd", (0, 0, "x", 1), 3]
)
def test_a_crop_beyond_the_picture_is_refused(box: Any) -> None:
    with pytest.raises(InputError, match=r"crop_box=.* is no part of a picture; give left, top, right and"):
        make(crop_box=box)


def wrong(value: Any) -> Any:
    """A value of a type that the checker would refuse."""
    return value


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.save(None), r"path is a path such as 'dog.html', not None"),
        (lambda e: Explanation.load(wrong(3)), "path is a path .* not 3"),
        (lambda e: e.conditional([1, [2]]), r"There is no token \[2\]"),
        (lambda e: e.conditional("x" * 100_000), "There is no token 'xxx.* … .*whole number from 0 to 9"),
        (lambda e: e.with_story(3), "steps is a list, not int"),
        (lambda e: e.with_story(["Once"]), r"A story consists of steps, not of 'Once'; make one as fixlip_widget.Step"),
        (lambda e: e.with_story([Step("a", click=wrong([]))]), r"There is no token \[\]"),
        (lambda e: Step("a", selected=wrong(0.5)), "selected=0.5 of a step is no list of tokens"),
        (lambda e: e.to_svg("a.svg", mode="links", count=2.5), "count=2.5 is not available"),
        (lambda e: e.to_svg("a.svg", width_mm="85"), "width_mm='85' is no width of a figure"),
        (lambda e: e.to_svg("a.svg", font=3), "font=3 is no string; give a family, or the path of a font"),
    ],
)
def test_arguments_of_wrong_kinds_are_refused_in_a_sentence(call: Callable[[Any], object], message: str) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        call(make())
    assert len(str(refusal.value)) < 700


def test_rounding_leaves_matrices_symmetric_and_read_only() -> None:
    exact = make().second
    rounded = exact + 1e-7 * np.abs(exact).max() * np.triu(np.ones_like(exact), k=1)
    mended = make(second=rounded).second
    np.testing.assert_array_equal(mended, mended.T)
    np.testing.assert_allclose(mended, exact, rtol=0, atol=1e-7 * np.abs(exact).max())
    assert not mended.flags.writeable
    with pytest.raises(InputError, match="second is not symmetric"):
        make(second=exact + 1e-3 * np.abs(exact).max() * np.triu(np.ones_like(exact), k=1))
