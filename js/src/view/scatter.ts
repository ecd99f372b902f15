// The model's similarities against those predicted: on the diagonal, a prediction is right.
import { make, makeSvg } from "./dom.js";

/** A point of the plot. */
export interface Point {
  readonly predicted: number;
  readonly measured: number;
}

const LABEL = "the model's similarities against those predicted";

/** `onClick` receives the position of the point that is clicked. */
export function createScatter(onClick?: (position: number) => void) {
  const dots = makeSvg("g");
  const diagonal = makeSvg("path", { d: "M0 1L1 0", "vector-effect": "non-scaling-stroke" });
  const plot = makeSvg(
    "svg",
    { viewBox: "-0.05 -0.05 1.1 1.1", role: "img", "aria-label": LABEL },
    diagonal,
    dots,
  );
  const caption = make("span", "axis", {}, "model against predicted");
  const element = make("div", "scatter", {}, plot, caption);
  if (onClick)
    dots.addEventListener("click", (event) => onClick([...dots.children].indexOf(event.target as Element)));

  return {
    element,
    /** Spans all points and `ends`; the point at position `marked` is on top of the others. */
    update(points: readonly Point[], ends: readonly number[], marked: number): void {
      const values = points.flatMap(({ predicted, measured }) => [predicted, measured]).concat(ends);
      const [min, max] = [Math.min(...values), Math.max(...values)];
      const position = (value: number) => (value - min) / (max - min || 1);
      const circles = points.map(({ predicted, measured }) =>
        makeSvg("circle", { cx: position(predicted), cy: 1 - position(measured), r: 0.035 }),
      );
      circles[marked]?.setAttribute("class", "fixlip-latest");
      dots.replaceChildren(...circles);
      plot.classList.toggle("fixlip-clickable", onClick !== undefined);
    },
  };
}
