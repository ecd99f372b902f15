// What the colours mean: a ramp that bends as the patches do, with every shown value marked on it.

import { placed, plain, signed } from "../color-scale.js";
import { isUncertain } from "../interactions.js";
import type { Adjust, ScaleKind } from "../settings.js";
import { make, svg } from "./dom.js";
import type { Frame } from "./frame.js";
import { createToggle } from "./toggle.js";

export interface Legend {
  readonly element: HTMLElement;
  update(frame: Frame): void;
  /** Marks the value of a token on the ramp, or of none. */
  point(frame: Frame, player: number | null): void;
}

export function createLegend(adjust: Adjust): Legend {
  const low = make("span", "end");
  const middle = make("span", "middle");
  const high = make("span", "end");
  const rug = svg("path", { "vector-effect": "non-scaling-stroke" });
  const marks = svg("svg", { viewBox: "-1 0 2 1", preserveAspectRatio: "none", "aria-hidden": true }, rug);
  marks.setAttribute("class", "fixlip-marks");
  const pointer = make("span", "pointer", { hidden: "" });
  const ramp = make("div", "ramp", { role: "img" });
  const toggle = createToggle<ScaleKind>("scale", ["fixed", "own"], (scale) => adjust({ scale }));
  toggle.element.title = "fixed: one scale for every selection; own: the strongest value of this one";

  const note = make("div", "note", {}, make("span", "swatch"), "within its standard error");
  const element = make(
    "div",
    "legend",
    {},
    make("div", "scale", {}, ramp, marks, pointer),
    make("div", "ends", {}, low, middle, high),
    note,
    toggle.element,
  );

  return {
    element,
    update({ values, errors, extent, digits, mode, look, explanation }) {
      element.hidden = mode === "subset";
      if (element.hidden) return;
      const cut = (side: number) => values.some((value) => value * side > extent * (1 + 1e-6));
      const { units, less } = explanation.meta;
      const [lowers, raises] = less ? ["less", "more"] : ["lowers", "raises"];
      low.textContent = `${cut(-1) ? "≤ " : ""}${signed(-extent, digits)} ${lowers}`;
      middle.textContent = `0 ${units}`;
      high.textContent = `${raises} ${cut(1) ? "≥ " : ""}${signed(extent, digits)}`;
      ramp.setAttribute(
        "aria-label",
        `from ${plain(-extent, digits)} blue, ${lowers}, to ${plain(extent, digits)} red, ${raises}${less ? "" : " the similarity"}, in ${units}`,
      );
      rug.setAttribute("d", marked(values, extent));
      note.hidden = !values.some((value, player) => isUncertain(value, errors[player] as number));
      toggle.element.style.visibility = mode === "conditional" ? "visible" : "hidden";
      toggle.update(look.scale);
    },
    point({ values, extent }, player) {
      const value = player === null ? Number.NaN : (values[player] as number);
      pointer.hidden = Number.isNaN(value);
      if (!pointer.hidden) pointer.style.left = `${50 + 50 * placed(value, extent)}%`;
    },
  };
}

function marked(values: Float64Array, extent: number): string {
  let path = "";
  for (const value of values) if (!Number.isNaN(value)) path += `M${placed(value, extent).toFixed(3)} 0v1`;
  return path;
}
