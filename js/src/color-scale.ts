// From a number to how strongly it is coloured, and to the digits it is written with.

/** Opacity of the strongest colour, `--fixlip-full` in styles: the picture stays visible beneath it. */
export const FULL = 0.72;

/** The largest magnitude; what is no number does not count. */
export function extentOf(values: ArrayLike<number>): number {
  let extent = 0;
  for (let i = 0; i < values.length; i++) extent = Math.max(extent, Math.abs(values[i] as number) || 0);
  return extent;
}

/** 0 for zero and for what is no number, 1 at ±extent and beyond. */
export function strength(value: number, extent: number): number {
  if (!(extent > 0)) return 0;
  return Math.min(1, Math.abs(value) / extent || 0);
}

/** From −1 to 1, where the strongest colours are; 0 for what is no number. */
export function placed(value: number, extent: number): number {
  return Math.sign(value) * strength(value, extent) || 0;
}

export type Sign = "raise" | "lower" | "none";

export function signOf(value: number): Sign {
  if (value > 0) return "raise";
  return value < 0 ? "lower" : "none";
}

/** Decimals that give the largest number shown three significant digits. */
export function decimals(extent: number): number {
  if (!(extent > 0)) return 2;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(extent))));
}

/** With a sign that can be read: "+1.57", "−1.20", "0.00"; a dash for what is no number. */
export function signed(value: number, digits: number): string {
  if (Number.isNaN(value)) return "–";
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : "+") + text;
}

/** Without a plus: "33.95", "−0.93". */
export function plain(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}
