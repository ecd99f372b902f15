// Colours as computed styles write them, in the words of SVG 1.1, which every program reads.

export interface Paint {
  readonly colour: string;
  readonly opacity: number;
}

/** "rgb(…)", "rgba(…)" or "color(srgb …)"; null where nothing is painted. */
export function paintOf(text: string): Paint | null {
  const numbers = (text.match(/-?[\d.]+(?:e-?\d+)?%?/g) ?? []).map((one) => Number.parseFloat(one));
  const [r, g, b, opacity = 1] = numbers as [number, number, number, number?];
  if (b === undefined || opacity === 0) return null;
  const scale = text.startsWith("color(") ? 255 : 1;
  const part = (value: number) => Math.round(Math.min(255, Math.max(0, value * scale)));
  return { colour: `rgb(${part(r)},${part(g)},${part(b)})`, opacity };
}

/** The colours of a gradient or a list of shadows, with what follows each up to the comma. */
export function coloursIn(text: string): { readonly colour: string; readonly rest: string }[] {
  const found = text.matchAll(/((?:rgba?|color)\([^)]*\))([^,]*)/g);
  return Array.from(found, ([, colour = "", rest = ""]) => ({ colour, rest }));
}
