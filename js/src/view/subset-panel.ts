// The controls of subset mode: objective and size, the predicted similarity as a curve over sizes, and the graph.
import type { Explanation } from "../deserialize.js";
import { decimals, formatPlain } from "../format.js";
import type { Dispatch } from "../selection.js";
import type { ChangeSettings } from "../settings.js";
import type { Objective } from "../subsets.js";
import { predict } from "../surrogate.js";
import { createSlider, createToggle } from "./controls.js";
import { make, makeSvg } from "./dom.js";
import type { Component, Frame } from "./frame.js";
import { createSubsetGraph } from "./subset-graph.js";

export function createSubsetPanel(
  explanation: Explanation,
  changeSettings: ChangeSettings,
  dispatch: Dispatch,
): Component {
  const { nPlayers, fields } = explanation;
  const objective = createToggle<Objective>("similarity", ["highest", "lowest"], (choice) =>
    changeSettings({ subset: { objective: choice } }),
  );
  const size = createSlider("size of the set", { min: 1, max: nPlayers, step: 1 }, (value) =>
    changeSettings({ subset: { size: value } }),
  );
  const line = makeSvg("path", { "vector-effect": "non-scaling-stroke" });
  const dot = make("span", "dot");
  const curve = makeSvg(
    "svg",
    { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": true },
    line,
  );
  const [top, bottom] = [tick("y", { top: "0" }), tick("y", { top: "100%" })];
  const [first, last] = [tick("x", { left: "0" }), tick("x", { left: "100%" })];
  [first.textContent, last.textContent] = ["1", `${nPlayers} tokens`];
  const prediction = make("div", "reach");
  const graph = createSubsetGraph(explanation, dispatch);
  const element = make(
    "div",
    "panel",
    {},
    graph.element,
    prediction,
    make("div", "curve", {}, curve, dot, top, bottom, first, last),
    size.element,
    objective.element,
  );

  return {
    element,
    update(frame: Frame) {
      const { subset } = frame;
      element.hidden = subset === null;
      if (!subset) return;
      const { values } = subset.subsets;
      objective.update(frame.settings.subset.objective);
      size.update(subset.size, `${subset.size} of ${nPlayers} tokens`);
      const value = values[subset.size] as number;
      const everything = fields.empty_value + predict(explanation, new Set());
      prediction.textContent = `predicted: these alone ${formatPlain(fields.empty_value + value, 2)}, everything ${formatPlain(everything, 2)}`;

      const sizes = Array.from({ length: nPlayers }, (_, index) => index + 1);
      const available = sizes.filter((each) => !Number.isNaN(values[each]));
      const heights = available.map((each) => values[each] as number);
      const [min, max] = [Math.min(...heights), Math.max(...heights)];
      const x = (each: number) => (each - 1) / Math.max(1, nPlayers - 1);
      const y = (height: number) => 1 - (height - min) / (max - min || 1);
      const points = available.map((each) => `${x(each).toFixed(4)} ${y(values[each] as number).toFixed(4)}`);
      const similarity = (value: number) => formatPlain(fields.empty_value + value, decimals(max - min || 1));
      [top.textContent, bottom.textContent] = [similarity(max), similarity(min)];
      line.setAttribute("d", `M${points.join("L")}`);
      dot.style.left = `${100 * x(subset.size)}%`;
      dot.style.top = `${100 * y(value)}%`;
      graph.update(frame);
    },
  };
}

/** A label of an axis of the curve. */
function tick(axis: "x" | "y", place: Partial<CSSStyleDeclaration>): HTMLElement {
  const element = make("span", "tick", { "data-axis": axis });
  Object.assign(element.style, place);
  return element;
}
