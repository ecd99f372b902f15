// The diverging colour scale: red raises the similarity, blue lowers it, zero is transparent. The colours themselves are
// in styles/theme.css.

/** Opacity of the strongest colour, so that the image stays visible beneath it; `--fixlip-max-opacity` in CSS. */
export const MAX_OPACITY = 0.9;

/** The largest magnitude, ignoring NaN; 0 for no values. The scale runs from minus this extent to plus. */
export function extentOf(values: ArrayLike<number>): number {
  let extent = 0;
  for (let i = 0; i < values.length; i++) extent = Math.max(extent, Math.abs(values[i] as number) || 0);
  return extent;
}

/** Share of the strongest colour: 0 for zero and NaN, 1 at ±extent and beyond. */
export function strength(value: number, extent: number): number {
  if (!(extent > 0)) return 0;
  return Math.min(1, Math.abs(value) / extent || 0);
}

/** Position on the scale, from −1 to 1; 0 for NaN. */
export function scalePosition(value: number, extent: number): number {
  return Math.sign(value) * strength(value, extent) || 0;
}

/** Values of the `data-sign` attribute, which selects the hue. */
export type Sign = "raise" | "lower" | "none";

export function signOf(value: number): Sign {
  if (value > 0) return "raise";
  return value < 0 ? "lower" : "none";
}
