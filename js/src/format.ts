// Numbers as text.

/** Decimal places that show the largest magnitude with three significant digits. */
export function decimals(extent: number): number {
  if (!(extent > 0)) return 2;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(extent))));
}

/** With an explicit sign: "+1.57", "−1.20", "0.00"; a dash for NaN. */
export function formatSigned(value: number, digits: number): string {
  if (Number.isNaN(value)) return "–";
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : "+") + text;
}

/** With a sign only where negative: "33.95", "−0.93". */
export function formatPlain(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** With the standard error where it is known: "+1.57 ± 0.12". */
export function formatEstimate(value: number, stderr: number, digits: number): string {
  if (Number.isNaN(value)) return "not part of the fit";
  const text = formatSigned(value, digits);
  return Number.isNaN(stderr) ? text : `${text} ± ${formatPlain(stderr, digits)}`;
}
