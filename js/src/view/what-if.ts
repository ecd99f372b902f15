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
import { termAttributes } from "./sentences.js";

/** Points of the scatter plot; older ones are dropped. */
const MAX_POINTS = 60;
const UNKNOWN = "–";
/** Labels closer than this share of the axis are put on two rows. */
const MIN_LABEL_DISTANCE = 0.35;

export function createWhatIf(explanation: Explanation, dispatch: Dispatch): Component {
  const title = make("span", "without");
  const unhide = createButton("bring back", () => dispatch({ kind: "unhideAll" }));
  const predicted = createRow("predicted");
  const measured = createRow("model");
  const columns = ["similarity", "without", "with everything", "difference"];
  const answer = make(
    "div",
    "answer",
    { role: "table", "aria-label": "similarities" },
    make("div", "answer-row", { role: "row" }, ...columns.map((name) => createCell(name, "columnheader"))),
    predicted.element,
    measured.element,
  );
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
    answer,
    axis,
    scatter.element,
  );

  return {
    element,
    update(frame: Frame) {
      const { hidden } = frame;
      element.hidden = hidden.size === 0;
      if (element.hidden) return;
      predicted.element.hidden = axis.hidden = !hasPredictions(explanation);
      const { empty_value: empty, full_value: full } = explanation.fields;
      const prediction = empty + predict(explanation, hidden);
      title.textContent = `without ${playersLabel(explanation, [...hidden])}`;
      const everything = empty + predict(explanation, new Set());
      const nothing = empty + (explanation.fields.baseline_value ?? 0);
      predicted.update(prediction, everything);
      measured.element.hidden = isFitted(explanation.fields);
      measured.update(frame.measured, full);

      const shown = [nothing, everything, prediction, frame.measured ?? prediction];
      const [min, max] = [Math.min(...shown), Math.max(...shown)];
      const range = max - min || 1;
      const place = (mark: HTMLElement, value: number | null) => {
        mark.hidden = value === null;
        if (value !== null) mark.style.setProperty("--fixlip-at", String((value - min) / range));
      };
      // The ends of the axis are predicted too, as the mark between them is.
      place(marks.empty, nothing);
      place(marks.full, everything);
      marks.full.toggleAttribute("data-close", Math.abs(everything - nothing) / range < MIN_LABEL_DISTANCE);
      place(marks.predicted, prediction);
      place(marks.measured, frame.measured);
      if (frame.measured !== null && hasPredictions(explanation))
        scatter.add([...hidden].sort().join(), prediction, frame.measured);
    },
  };
}

/** Similarities without the hidden tokens and with everything, of the explanation or of the model. */
function createRow(name: "predicted" | "model") {
  const header = make("span", "cell", { role: "rowheader", ...termAttributes(name) }, `${name} `);
  const cells = [createCell("", "cell"), createCell("", "cell"), createCell("", "cell")] as const;
  return {
    element: make("div", "answer-row", { role: "row" }, header, ...cells),
    /** `without` is null where it is unknown. */
    update(without: number | null, full: number): void {
      const numbers = [
        without === null ? UNKNOWN : formatPlain(without, 2),
        formatPlain(full, 2),
        without === null ? UNKNOWN : formatSigned(without - full, 2),
      ];
      for (const [index, cell] of cells.entries()) cell.textContent = `${numbers[index]} `;
    },
  };
}

/** The space after it separates it from the next where the text is copied. */
function createCell(text: string, role: string): HTMLElement {
  return make("span", "cell", { role }, `${text} `);
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
