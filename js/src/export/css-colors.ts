// CSS colours, as computed styles serialise them, in the syntax of SVG 1.1, which has no alpha channel in colours.

export interface Paint {
  readonly color: string;
  readonly opacity: number;
}

/** Parses "rgb(…)", "rgba(…)" or "color(srgb …)"; null if fully transparent or not a colour. */
export function parsePaint(css: string): Paint | null {
  const numbers = (css.match(/-?[\d.]+(?:e-?\d+)?%?/g) ?? []).map((number) => Number.parseFloat(number));
  const [r, g, b, opacity = 1] = numbers as [number, number, number, number?];
  if (b === undefined || opacity === 0) return null;
  const scale = css.startsWith("color(") ? 255 : 1;
  const channel = (value: number) => Math.round(Math.min(255, Math.max(0, value * scale)));
  return { color: `rgb(${channel(r)},${channel(g)},${channel(b)})`, opacity };
}

/** The colours in a gradient or a list of shadows, each with the text after it up to the comma. */
export function findColors(css: string): { readonly color: string; readonly rest: string }[] {
  const matches = css.matchAll(/((?:rgba?|color)\([^)]*\))([^,]*)/g);
  return Array.from(matches, ([, color = "", rest = ""]) => ({ color, rest }));
}

/** The SVG attributes that fill a shape. */
export function fillAttributes(paint: Paint | null): Record<string, string | number> {
  return paint ? { fill: paint.color, "fill-opacity": paint.opacity } : { fill: "none" };
}
