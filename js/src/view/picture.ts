// The image, the heatmap over it, and above both the grid of its patches, which takes the input.
import { type Explanation, isCropped } from "../deserialize.js";
import type { CropBox } from "../model.js";
import { showsValues } from "../modes.js";
import { type Dispatch, rectangleBetween } from "../selection.js";
import { listen, make } from "./dom.js";
import type { Frame, TokenComponent } from "./frame.js";
import { createHeatmap } from "./heatmap.js";
import { addRovingTabindex } from "./keyboard.js";
import { createToken } from "./token.js";

/** Images of a larger aspect ratio take the whole width of the view. */
const WIDE_ASPECT = 2.5;

export interface Picture extends TokenComponent {
  readonly element: HTMLElement;
  /** The patches of the rectangle between two patches. */
  rectangle(from: number, to: number): readonly number[];
}

export function createPicture(explanation: Explanation, picture: string, dispatch: Dispatch): Picture {
  const { rows, columns, fields, size, cropBox } = explanation;
  // Cloning is faster than making hundreds of elements.
  const template = make("div", "patch", { role: "gridcell", tabindex: -1 });
  const patches = Array.from({ length: rows * columns }, (_, player) => {
    const patch = template.cloneNode() as HTMLElement;
    patch.setAttribute("data-player", String(player));
    return patch;
  });
  const tokens = patches.map(createToken);
  const players = patches.map((_, player) => [player]);
  const grid = make(
    "div",
    "grid",
    {
      role: "grid",
      "aria-label": `image, ${rows} by ${columns} patches`,
      "aria-multiselectable": true,
    },
    ...Array.from({ length: rows }, (_, row) =>
      make("div", "row", { role: "row" }, ...patches.slice(row * columns, (row + 1) * columns)),
    ),
  );
  const heatmap = createHeatmap(explanation);
  const seen = make("div", "seen", {}, heatmap.element, grid);
  placeWithin(seen, cropBox);
  const unseen = unseenParts(cropBox).map((part) => placeWithin(make("div", "unseen"), part));
  seen.toggleAttribute("data-cropped", isCropped(cropBox));
  const element = make("div", "picture", {}, make("div", "veil"), ...unseen, seen);
  if (picture) element.prepend(make("img", "image", { src: picture, alt: fields.caption, draggable: false }));
  const [width, height] = size;
  element.toggleAttribute("data-empty", !picture);
  const isWide = width > WIDE_ASPECT * height;
  element.style.setProperty("--fixlip-aspect", String(width / height));
  element.style.setProperty("--fixlip-rows", String(rows));
  element.style.setProperty("--fixlip-columns", String(columns));

  const rectangle = (from: number, to: number) => rectangleBetween(from, to, columns);
  addRovingTabindex({
    container: grid,
    items: patches,
    shape: () => ({ rows, columns, mirrored: false }),
    range: rectangle,
    dispatch,
  });

  return {
    element,
    tokens: patches,
    rectangle,
    update(frame: Frame) {
      const style = showsValues(frame.mode) ? frame.settings.picture : "colour";
      // Writing an unchanged attribute would cost as much as a changed one.
      if (element.dataset.style !== style) element.dataset.style = style;
      element.toggleAttribute("data-wide", isWide || frame.settings.enlarged);
      element.toggleAttribute("data-enlarged", frame.settings.enlarged);
      heatmap.update(frame);
      for (const [player, token] of tokens.entries())
        token.updateState(players[player] as readonly number[], frame);
    },
    updateText(frame: Frame) {
      for (const [player, token] of tokens.entries())
        token.updateText(players[player] as readonly number[], frame);
    },
  };
}

/** The parts of the picture around the one that the model sees, without empty ones. */
function unseenParts([left, top, right, bottom]: CropBox): CropBox[] {
  const parts: CropBox[] = [
    [0, 0, 1, top],
    [0, bottom, 1, 1],
    [0, top, left, bottom],
    [right, top, 1, bottom],
  ];
  return parts.filter(([x0, y0, x1, y1]) => x1 > x0 && y1 > y0);
}

function placeWithin(element: HTMLElement, [left, top, right, bottom]: CropBox): HTMLElement {
  const percent = (share: number) => `${Number((100 * share).toFixed(3))}%`;
  element.style.inset = [top, 1 - right, 1 - bottom, left].map(percent).join(" ");
  return element;
}

/** Shows the picture as it is, without colours over it, while the button or the key O is held. */
export function addOriginal(root: HTMLElement, button: HTMLElement, signal: AbortSignal): void {
  const show = (on: boolean) => root.toggleAttribute("data-original", on);
  const isKey = (event: KeyboardEvent) =>
    event.key.toLowerCase() === "o" && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isPress = (event: KeyboardEvent) =>
    event.target === button && (event.key === " " || event.key === "Enter");
  listen(button, "pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    show(true);
  });
  for (const type of ["pointerup", "pointercancel"] as const) listen(button, type, () => show(false));
  listen(root, "keydown", (event) => (isKey(event) || isPress(event)) && show(true), signal);
  listen(root, "keyup", () => show(false), signal);
  listen(root, "focusout", () => show(false), signal);
}
