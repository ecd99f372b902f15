// The similarity without the hidden tokens: predicted by the explanation and, with a kernel, measured by the model.
import type { Explanation } from "../deserialize.js";
import { formatPlain, formatSigned } from "../format.js";
import { isFitted } from "../model.js";
import type { Dispatch } from "../selection.js";
import { predict } from "../surrogate.js";
import { createButton } from "./controls.js";
import { make, makeSvg } from "./dom.js";
import { type Component, type Frame, hasPredictions } from "./frame.js";
import { playersLabel } from "./labels.js";

/** Points of the scatter plot; older ones are dropped. */
const MAX_POINTS = 60;
/** Labels closer than this share of the axis are put on two rows. */
const MIN_LABEL_DISTANCE = 0.35;

export function createWhatIf(explanation: Explanation, dispatch: Dispatch): Component {
  const title = make("span", "without");
  const unhide = createButton("bring back", () => dispatch({ kind: "unhideAll" }));
  const predicted = make("b", "figure");
  const change = make("span", "change");
  const measured = make("b", "figure");
  const predictedFact = make("span", "fact", {}, "predicted ", predicted, " ", change);
  const measuredFact = make("span", "fact", {}, "model ", measured);
  const marks = {
    empty: createMark("empty"),
    full: createMark("everything"),
    predicted: createMark(""),
    measured: createMark(""),
  };
  marks.predicted.classList.add("fixlip-predicted");
  marks.measured.classList.add("fixlip-measured");
  const scatter = createScatter(explanation);
  const axis = make("div", "line", { "aria-hidden": true }, make("span", "rail"), ...Object.values(marks));
  const element = make(
    "div",
    "what-if",
    { role: "status", hidden: "" },
    make("div", "question", {}, title, unhide),
    make("div", "answer", {}, predictedFact, measuredFact),
    axis,
    scatter.element,
  );

  return {
    element,
    update(frame: Frame) {
      const { hidden } = frame;
      element.hidden = hidden.size === 0;
      if (element.hidden) return;
      predictedFact.hidden = axis.hidden = !hasPredictions(explanation);
      const { empty_value: empty } = explanation.fields;
      const prediction = empty + predict(explanation, hidden);
      const full = empty + predict(explanation, new Set());
      title.textContent = `without ${playersLabel(explanation, [...hidden])}`;
      predicted.textContent = formatPlain(prediction, 2);
      change.textContent = `(${formatSigned(prediction - full, 2)} from ${formatPlain(full, 2)} with everything)`;
      measuredFact.hidden = frame.measured === null;
      measured.textContent = frame.measured === null ? "" : formatPlain(frame.measured, 2);

      const shown = [empty, full, prediction, frame.measured ?? prediction];
      const [min, max] = [Math.min(...shown), Math.max(...shown)];
      const range = max - min || 1;
      const place = (mark: HTMLElement, value: number | null) => {
        mark.hidden = value === null;
        if (value !== null) mark.style.setProperty("--fixlip-at", String((value - min) / range));
      };
      place(marks.empty, isFitted(explanation.fields) ? null : empty);
      place(marks.full, full);
      marks.full.toggleAttribute("data-close", Math.abs(full - empty) / range < MIN_LABEL_DISTANCE);
      place(marks.predicted, prediction);
      place(marks.measured, frame.measured);
      if (frame.measured !== null && hasPredictions(explanation))
        scatter.add([...hidden].sort().join(), prediction, frame.measured);
    },
  };
}

function createMark(label: string): HTMLElement {
  return make("span", "mark", {}, make("span", "mark-name", {}, label));
}

/** Measured against predicted similarity, one point for each set of hidden tokens so far. */
function createScatter({ fields }: Explanation) {
  const points = new Map<string, readonly [predicted: number, measured: number]>();
  const dots = makeSvg("g");
  const diagonal = makeSvg("path", { d: "M0 1L1 0", "vector-effect": "non-scaling-stroke" });
  const label = "the model's answers against those predicted";
  const plot = makeSvg(
    "svg",
    { viewBox: "-0.05 -0.05 1.1 1.1", role: "img", "aria-label": label },
    diagonal,
    dots,
  );
  const caption = make("span", "axis", {}, "model against predicted");
  const element = make("div", "scatter", { hidden: "" }, plot, caption);

  return {
    element,
    add(key: string, predicted: number, measured: number): void {
      // Deleted first, so that the latest is the last in the map.
      points.delete(key);
      points.set(key, [predicted, measured]);
      if (points.size > MAX_POINTS) points.delete(points.keys().next().value as string);
      element.hidden = points.size < 2;
      const values = [...points.values()].flat().concat(fields.empty_value, fields.full_value);
      const [min, max] = [Math.min(...values), Math.max(...values)];
      const position = (value: number) => (value - min) / (max - min || 1);
      dots.replaceChildren(
        ...Array.from(points.values(), ([x, y]) =>
          makeSvg("circle", { cx: position(x), cy: 1 - position(y), r: 0.035 }),
        ),
      );
      dots.lastElementChild?.setAttribute("class", "fixlip-latest");
    },
  };
}
