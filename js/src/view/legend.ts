// The legend of the colour scale: the colour ramp with its ends, and a mark for every value shown.
import { scalePosition } from "../color-scale.js";
import { isCropped } from "../deserialize.js";
import { formatPlain, formatSigned } from "../format.js";
import { isUncertain } from "../interactions.js";
import { showsValues } from "../modes.js";
import { type ChangeSettings, MODALITY_SCALES, type ModalityScale, type ScaleKind } from "../settings.js";
import { createToggle } from "./controls.js";
import { make, makeSvg } from "./dom.js";
import { extentAt, type Frame, hasModalityScales } from "./frame.js";
import { hasSigns } from "./heatmap.js";
import { termAttributes } from "./sentences.js";

export interface Legend {
  readonly element: HTMLElement;
  update(frame: Frame): void;
  /** Marks the value of one token on the ramp, or of none. */
  highlight(frame: Frame, player: number | null): void;
}

/** `buttons` change how the picture is shown. */
export function createLegend(changeSettings: ChangeSettings, buttons: readonly HTMLElement[]): Legend {
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
  const modalityToggle = createToggle<ModalityScale>("scale", MODALITY_SCALES, (modalityScale) =>
    changeSettings({ modalityScale }),
  );
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
    make("div", "legend-controls", {}, toggle.element, modalityToggle.element, ...buttons),
  );

  return {
    element,
    update(frame) {
      const { values, stderr, extent, textExtent, digits, mode, kind, settings, explanation } = frame;
      element.hidden = !showsValues(mode);
      if (element.hidden) return;
      const exceeds = (side: 1 | -1) =>
        values.some((value, player) => value * side > extentAt(frame, player) * (1 + 1e-6));
      const { units } = explanation.fields;
      const isDifference = explanation.meta.operands !== undefined;
      const isInteraction = kind === "interaction";
      const [lowers, raises] = isDifference
        ? ["less", "more"]
        : explanation.fields.second_caption && !isInteraction
          ? ["for the second", "for the first"]
          : isInteraction
            ? ["less together", "more together"]
            : ["lowers", "raises"];
      const isSplit = extent !== textExtent;
      const ends = ([-1, 1] as const).map((side) => {
        const bound = exceeds(side) ? (side > 0 ? "≥ " : "≤ ") : "";
        return isSplit ? "" : `${bound}${formatSigned(side * extent, digits)}`;
      }) as [string, string];
      // Some methods find nothing that lowers.
      const isSigned = isDifference || values.some((value) => value < 0);
      low.textContent = `${ends[0]} ${isSigned ? lowers : ""}`;
      const scales = `patches ±${formatPlain(extent, digits)}, words ±${formatPlain(textExtent, digits)}`;
      const isAttribution = mode === "links" || (mode === "matrix" && !isInteraction);
      middle.textContent = isSplit
        ? `${scales} ${units}`
        : `0 ${units}${isAttribution ? ", attributions" : ""}`;
      high.textContent = `${raises} ${ends[1]}`;
      const range = isSplit
        ? `blue ${lowers}, red ${raises}`
        : `from ${formatPlain(-extent, digits)} blue, ${lowers}, to ${formatPlain(extent, digits)} red, ${raises}`;
      const what = isDifference || isInteraction ? "" : " the similarity";
      ramp.setAttribute("aria-label", `${range}${what}, ${isSplit ? scales : ""} in ${units}`);
      marks.setAttribute("d", rugPath(frame));
      signNote.hidden = !hasSigns(frame);
      note.hidden = !values.some((value, player) => isUncertain(value, stderr[player] as number));
      cropNote.hidden = explanation.meta.size === null || !isCropped(explanation.cropBox);
      toggle.element.hidden = !isInteraction;
      toggle.update(settings.scale);
      modalityToggle.element.hidden = !hasModalityScales(mode);
      modalityToggle.update(settings.modalityScale);
    },
    highlight(frame, player) {
      const value = player === null ? Number.NaN : (frame.values[player] as number);
      pointer.hidden = Number.isNaN(value);
      if (player === null || pointer.hidden) return;
      pointer.style.left = `${50 + 50 * scalePosition(value, extentAt(frame, player))}%`;
    },
  };
}

function rugPath(frame: Frame): string {
  let path = "";
  for (const [player, value] of frame.values.entries())
    if (!Number.isNaN(value)) path += verticalLine(scalePosition(value, extentAt(frame, player)).toFixed(3));
  return path;
}

function verticalLine(x: string): string {
  return `M${x} 0L${x} 1`;
}
