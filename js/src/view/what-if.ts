// The similarity without the hidden tokens: predicted by the explanation and, with a kernel, measured by the model.
import type { Explanation } from "../deserialize.js";
import { formatPlain, formatSigned } from "../format.js";
import { isFitted } from "../model.js";
import type { Dispatch } from "../selection.js";
import { predict } from "../surrogate.js";
import { createButton } from "./controls.js";
import { make } from "./dom.js";
import { type Component, type Frame, hasPredictions } from "./frame.js";
import { playersLabel } from "./labels.js";
import { createScatter, type Point } from "./scatter.js";
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
    empty: createMark("predicted empty"),
    full: createMark("everything"),
    predicted: createMark(""),
    measured: createMark(""),
  };
  marks.predicted.classList.add("fixlip-predicted");
  marks.measured.classList.add("fixlip-measured");
  const measurements = createMeasurements(explanation);
  const axis = make("div", "line", { "aria-hidden": true }, make("span", "rail"), ...Object.values(marks));
  const element = make(
    "div",
    "what-if",
    { role: "status", hidden: "" },
    make("div", "question", {}, title, unhide),
    answer,
    axis,
    measurements.element,
  );

  return {
    element,
    update(frame: Frame) {
      const { hidden } = frame;
      element.hidden = hidden.size === 0 || frame.example !== null;
      if (element.hidden) return;
      predicted.element.hidden = axis.hidden = !hasPredictions(explanation);
      const { empty_value: empty, full_value: full } = explanation.fields;
      const prediction = empty + predict(explanation, hidden);
      title.textContent = `without ${playersLabel(explanation, [...hidden])}`;
      const everything = empty + predict(explanation, new Set());
      const nothing = empty + (explanation.fields.baseline_value ?? 0);
      predicted.update(prediction, everything);
      measured.element.hidden = isFitted(explanation.fields);
      // What the model says of nothing is known.
      const ofModel = hidden.size === explanation.nPlayers ? empty : frame.measured;
      measured.update(ofModel, full);

      const shown = [nothing, everything, prediction, ofModel ?? prediction];
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
      place(marks.measured, ofModel);
      if (frame.measured !== null && hasPredictions(explanation))
        measurements.add([...hidden].sort().join(), { predicted: prediction, measured: frame.measured });
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

/** The measurements so far, the latest marked: one point for each set of hidden tokens. */
function createMeasurements({ fields }: Explanation) {
  const points = new Map<string, Point>();
  const scatter = createScatter();
  scatter.element.hidden = true;

  return {
    element: scatter.element,
    add(key: string, point: Point): void {
      // Deleted first, so that the latest is the last in the map.
      points.delete(key);
      points.set(key, point);
      if (points.size > MAX_POINTS) points.delete(points.keys().next().value as string);
      scatter.element.hidden = points.size < 2;
      scatter.update([...points.values()], [fields.empty_value, fields.full_value], points.size - 1);
    },
  };
}
