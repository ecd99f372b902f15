"""Explanations made up for the views: drawn pictures and values that look like those of a real model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from fixlip_widget.explanation import EXAMPLE_LEVELS, Explanation
from fixlip_widget.player_names import patch_names

AWKWARD = ("<img src=x onerror=alert(1)>", "</script>", "שלום", "🐕", "hydr", "ant")


def hydrant(*, errors: bool = True, seed: int = 0, triples: bool = False) -> Explanation:
    """A 7×7 picture with structure: the words of things go with the patches that show them.

    With `triples`, of third order.
    """
    words = ("black", "dog", "next", "to", "a", "yellow", "hydr", "ant")
    rng = np.random.default_rng(seed)
    patches, n = 49, 49 + len(words)
    dog = [r * 7 + c for r in range(3, 6) for c in range(3)]
    post = [r * 7 + c for r in range(1, 6) for c in (4, 5)]
    second = np.triu(rng.normal(0, 0.06, (n, n)), 1)
    for word, shown, size in ((0, dog, 0.5), (1, dog, 1.3), (5, post, 0.7), (6, post, 0.9), (7, post, 0.8)):
        for patch in shown:
            second[patch, patches + word] += size * rng.uniform(0.3, 1.2)
        for patch in dog if shown is post else post:
            second[patch, patches + word] -= 0.3 * size * rng.uniform(0, 1)
    second[patches + 6, patches + 7] = 1.24
    second[patches + 5, patches + 6] = -1.2
    second[patches, patches + 5] = -0.9
    second = second + second.T
    first = rng.normal(0, 0.15, n) - 0.35 * second.sum(axis=1)
    explanation = Explanation(
        first=first,
        second=second,
        tokens=(*patch_names((7, 7)), *words),
        grid=(7, 7),
        caption="black dog next to a yellow hydrant",
        image=draw_hydrant(),
        baseline_value=-0.93,
        empty_value=22.87,
        full_value=33.95,
        p=0.5,
        max_order=2,
        index="FWBII",
        method="fixlip",
        model="made-up-ViT-B-32",
        estimated=True,
        n_image_masks=4096,
        n_text_masks=256,
        r2=0.943,
        stderr_first=np.full(n, 0.08) if errors else None,
        stderr_second=np.full((n, n), 0.11) if errors else None,
        stderr_first_order=np.full(n, 0.05) if errors else None,
    )
    explanation = with_examples(explanation, 24, 0.5)
    if not triples:
        return explanation
    third = {"third_image": eighths(rng, (1176, 8)) / 64, "third_text": eighths(rng, (49, 28)) / 64}
    return explanation.replace(max_order=3, **third)


def with_examples(explanation: Explanation, count: int = 14, noise: float = 0.25) -> Explanation:
    """With masked inputs of which the model says something near the prediction."""
    rng = np.random.default_rng(5)
    n = explanation.n_players
    nested = rng.random(n) < np.array(EXAMPLE_LEVELS)[:, None]  # (levels, n)
    masks = np.concatenate([nested, rng.random((count - len(nested), n)) < explanation.p_players])  # (count, n)
    similarity = explanation.empty_value + explanation.predict(masks) + eighths(rng, count) * noise  # (count,)
    return explanation.replace(example_masks=masks, example_similarity=similarity)


def oblong(*, errors: bool = False, image: bool = True, triples: bool = False) -> Explanation:
    """A 3×5 grid and a caption that must be shown as the text it is; nothing about it is symmetric by chance.

    With `triples`, of third order, and from too few masks for the pairs of patches.
    """
    n = 15 + len(AWKWARD)
    rng = np.random.default_rng(7)
    upper = np.triu(eighths(rng, (n, n)), 1)
    explanation = Explanation(
        first=eighths(rng, n),
        second=upper + upper.T,
        tokens=(*patch_names((3, 5)), *AWKWARD),
        grid=(3, 5),
        caption="<img src=x onerror=alert(1)> </script> שלום 🐕 hydrant",
        image=Image.effect_mandelbrot((250, 150), (-2.0, -1.2, 0.8, 1.2), 60).convert("RGB") if image else None,
        baseline_value=0.5,
        empty_value=-1.25,
        full_value=3.5,
        p=(0.25, 0.75),
        max_order=2,
        index="FWBII",
        method="fixlip",
        model="made-up",
        estimated=False,
        stderr_second=np.abs(upper + upper.T) / 8 if errors else None,
        stderr_first_order=np.arange(n) / 8 if errors else None,
    )
    if not triples:
        return explanation
    third = {"third_image": eighths(rng, (105, 6)), "third_text": eighths(rng, (15, 15))}
    return explanation.replace(max_order=3, shrinkage=0.75, **third)


def cropped() -> Explanation:
    """`oblong`, of which the model saw three fifths of a picture's width and three quarters of its height."""
    original = Image.effect_mandelbrot((300, 200), (-2.6, -1.3, 1.2, 1.3), 60).convert("RGB")
    box = (0.2, 0.0, 0.8, 0.75)
    return oblong(errors=True).replace(original=original, crop_box=box, image=original.crop((60, 0, 240, 150)))


def eighths(rng: np.random.Generator, shape: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Numbers whose sums are exact on any machine, so that files made of them can be compared to the letter."""
    return rng.integers(-24, 25, shape) / 8


def draw_hydrant() -> Image.Image:
    """A dark street, a white dog, a yellow hydrant."""
    image = Image.new("RGB", (448, 448), "#23262b")
    pen = ImageDraw.Draw(image)
    pen.polygon([(0, 330), (448, 190), (448, 448), (0, 448)], fill="#5b6b3e")
    pen.line([(0, 330), (448, 190)], fill="#8b8b86", width=14)
    pen.rounded_rectangle((284, 130, 372, 380), 18, fill="#e4b92c")
    pen.pieslice((276, 70, 380, 190), 180, 360, fill="#efca4a")
    pen.rectangle((250, 180, 410, 214), fill="#d9a91d")
    pen.ellipse((304, 204, 352, 252), fill="#b5541f")
    pen.ellipse((40, 250, 170, 380), fill="#f1efe9")
    pen.ellipse((60, 200, 142, 282), fill="#faf8f3")
    for x, y in ((82, 232), (112, 232), (98, 252)):
        pen.ellipse((x, y, x + 9, y + 9), fill="#1b1b1b")
    pen.polygon([(64, 214), (72, 180), (90, 206)], fill="#faf8f3")
    pen.polygon([(112, 206), (130, 180), (138, 214)], fill="#faf8f3")
    return image
