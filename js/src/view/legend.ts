// The legend of the colour scale: the colour ramp with its ends, and a mark for every value shown.
import { scalePosition } from "../color-scale.js";
import { isCropped } from "../deserialize.js";
import { formatPlain, formatSigned } from "../format.js";
import { isUncertain } from "../interactions.js";
import { showsValues } from "../modes.js";
import type { ChangeSettings, ScaleKind } from "../settings.js";
import { createToggle } from "./controls.js";
import { make, makeSvg } from "./dom.js";
import type { Frame } from "./frame.js";
import { hasSigns } from "./heatmap.js";
import { termAttributes } from "./sentences.js";

export interface Legend {
  readonly element: HTMLElement;
  update(frame: Frame): void;
  /** Marks the value of one token on the ramp, or of none. */
  highlight(frame: Frame, player: number | null): void;
}

/** `original` is the button that shows the picture as it is. */
export function createLegend(changeSettings: ChangeSettings, original: HTMLElement): Legend {
  const low = make("span", "end");
  const middle = make("span", "middle");
  const high = make("span", "end");
  const marks = makeSvg("path", { "vector-effect": "non-scaling-stroke" });
  const rug = makeSvg(
    "svg",
    {
      viewBox: "-1 0 2 1",
      preserveAspectRatio: "none",
      "aria-hidden": true,
      class: "fixlip-rug",
      "data-term": "rug",
    },
    marks,
  );
  const pointer = make("span", "pointer", { hidden: "" });
  const ramp = make("div", "ramp", { role: "img" });
  const toggle = createToggle<ScaleKind>("scale", ["fixed", "own"], (scale) => changeSettings({ scale }));
  toggle.element.title = "fixed: one scale for every selection; own: the strongest value of this one";

  const note = make(
    "div",
    "note",
    termAttributes("stripes"),
    make("span", "swatch"),
    "within its standard error",
  );
  const signNote = make(
    "div",
    "note",
    termAttributes("signs"),
    make("span", "sign-sample", { "aria-hidden": true }, "+ −"),
    "at least half the scale",
  );
  const cropNote = make(
    "div",
    "note",
    termAttributes("frame"),
    make("span", "frame"),
    "what the model sees of the picture",
  );
  const element = make(
    "div",
    "legend",
    {},
    make("div", "scale", {}, ramp, rug, pointer),
    make("div", "ends", {}, low, middle, high),
    signNote,
    note,
    cropNote,
    make("div", "legend-controls", {}, toggle.element, original),
  );

  return {
    element,
    update({ values, stderr, extent, digits, mode, kind, settings, explanation }) {
      element.hidden = !showsValues(mode);
      if (element.hidden) return;
      const exceeds = (side: 1 | -1) => values.some((value) => value * side > extent * (1 + 1e-6));
      const { units } = explanation.fields;
      const isDifference = explanation.meta.operands !== undefined;
      const isInteraction = kind === "interaction";
      const [lowers, raises] = isDifference
        ? ["less", "more"]
        : isInteraction
          ? ["less together", "more together"]
          : ["lowers", "raises"];
      // Some methods find nothing that lowers.
      const isSigned = isDifference || values.some((value) => value < 0);
      low.textContent = `${exceeds(-1) ? "≤ " : ""}${formatSigned(-extent, digits)} ${isSigned ? lowers : ""}`;
      middle.textContent = `0 ${units}${mode === "links" || (mode === "matrix" && !isInteraction) ? ", attributions" : ""}`;
      high.textContent = `${raises} ${exceeds(1) ? "≥ " : ""}${formatSigned(extent, digits)}`;
      ramp.setAttribute(
        "aria-label",
        `from ${formatPlain(-extent, digits)} blue, ${lowers}, to ${formatPlain(extent, digits)} red, ${raises}${isDifference || isInteraction ? "" : " the similarity"}, in ${units}`,
      );
      marks.setAttribute("d", rugPath(values, extent));
      signNote.hidden = !hasSigns(values, stderr, extent, explanation.nPatches) || settings.overlay === 0;
      note.hidden = !values.some((value, player) => isUncertain(value, stderr[player] as number));
      cropNote.hidden = explanation.meta.size === null || !isCropped(explanation.cropBox);
      toggle.element.style.visibility = isInteraction ? "visible" : "hidden";
      toggle.update(settings.scale);
    },
    highlight({ values, extent }, player) {
      const value = player === null ? Number.NaN : (values[player] as number);
      pointer.hidden = Number.isNaN(value);
      if (!pointer.hidden) pointer.style.left = `${50 + 50 * scalePosition(value, extent)}%`;
    },
  };
}

function rugPath(values: Float64Array, extent: number): string {
  let path = "";
  for (const value of values)
    if (!Number.isNaN(value)) path += verticalLine(scalePosition(value, extent).toFixed(3));
  return path;
}

function verticalLine(x: string): string {
  return `M${x} 0L${x} 1`;
}
