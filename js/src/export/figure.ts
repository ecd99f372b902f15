// A figure for print: the view once more, laid out as picture and caption alone, and taken as SVG.
import { renderSvg } from "./svg.js";

/** What a reader chooses. */
export interface FigureOptions {
  readonly widthMm: number;
  /** A font family, or empty for the font of the page. */
  readonly font: string;
}

/** A pixel of the layout is half a point in print, so that words of 16 pixels have 8 points in any width. */
const PIXELS_PER_MM = (2 * 72) / 25.4;
/** Room for the outlines of selected patches. */
const MARGIN = 4;
/** How densely a caption is set; the first in which it has the fewest rows is taken. */
const DENSITIES = ["normal", "dense", "denser"] as const;

/** Fills an element with a view, and returns a function that renders the current state into it. */
export type CreateCopy = (root: HTMLElement, signal: AbortSignal) => () => void;

/** The figure of a view; `root` is the view's own element, beside which the copy is laid out unseen. */
export async function drawFigure(
  root: HTMLElement,
  createCopy: CreateCopy,
  { widthMm, font }: FigureOptions,
): Promise<SVGElement> {
  const lifetime = new AbortController();
  const copy = document.createElement("div");
  copy.className = "fixlip";
  root.after(copy);
  try {
    const render = createCopy(copy, lifetime.signal);
    copy.classList.add("fixlip-print");
    copy.inert = true;
    // Inline, to outweigh the theme of the host.
    copy.style.colorScheme = "light";
    copy.style.width = `${widthMm * PIXELS_PER_MM - 2 * MARGIN}px`;
    if (font) copy.style.fontFamily = `"${font.replaceAll('"', "")}", sans-serif`;
    render();
    await settled(copy);
    setCaption(copy.querySelector(".fixlip-caption") as HTMLElement);
    // Links end at the words, which have moved.
    render();
    await settled(copy);
    const figure = renderSvg(copy.querySelector(".fixlip-body") as HTMLElement, MARGIN);
    const height = Number(figure.getAttribute("height")) / PIXELS_PER_MM;
    figure.setAttribute("width", `${widthMm}mm`);
    figure.setAttribute("height", `${height.toFixed(2)}mm`);
    return figure;
  } finally {
    lifetime.abort();
    copy.remove();
  }
}

/** Until all parts are rendered, and the picture can be drawn. */
async function settled(root: HTMLElement): Promise<void> {
  while (root.hasAttribute("aria-busy")) await new Promise(requestAnimationFrame);
  const picture = root.querySelector("img");
  if (picture?.src) await picture.decode();
}

/** One row if the caption fits into one; otherwise rows of about the same width. */
function setCaption(caption: HTMLElement): void {
  const rows = DENSITIES.map((density) => {
    caption.dataset.density = density;
    return countRows(caption);
  });
  const fewest = Math.min(...rows);
  caption.dataset.density = DENSITIES[rows.indexOf(fewest)] as string;
  if (fewest < 2) return;
  const { width } = caption.getBoundingClientRect();
  for (let limit = width / fewest; limit < width; limit += 4) {
    caption.style.maxWidth = `${limit}px`;
    if (countRows(caption) <= fewest) return;
  }
  caption.style.maxWidth = "";
}

function countRows(caption: HTMLElement): number {
  return new Set([...caption.children].map((word) => word.getBoundingClientRect().top)).size;
}
