// Pieces of the image: the thumbnail of a patch, and a magnifier for patches too small to recognise.
import type { Explanation } from "../deserialize.js";
import { make } from "./dom.js";

/**
 * One style rule with the image for all thumbnails and magnifiers within `root`, so that the long data URL is not
 * repeated for each. The rule applies to a random class that is added to `root`; without a picture it is empty.
 */
export function createThumbnailStyle(root: HTMLElement, picture: string): HTMLStyleElement {
  const scope = `fixlip-${Math.random().toString(36).slice(2)}`;
  // In place of the class of an earlier picture.
  root.className = `${root.classList[0]} ${scope}`;
  const style = document.createElement("style");
  if (picture) {
    const selector = `.${scope} :is(.fixlip-thumbnail, .fixlip-magnifier, .fixlip-masked)`;
    style.textContent = `${selector} { background-image: url("${picture}") }`;
  }
  return style;
}

export interface Thumbnail {
  readonly element: HTMLElement;
  /** Shows a patch, and hides the element for a word or no player. */
  update(player: number | undefined): void;
}

export function createThumbnail({ rows, columns, nPatches, cropBox }: Explanation): Thumbnail {
  const element = make("span", "thumbnail");
  const [left, top, right, bottom] = cropBox;
  // The picture's size in patches.
  const [width, height] = [columns / (right - left), rows / (bottom - top)];
  const percent = (offset: number, length: number) =>
    length > 1 ? `${(100 * offset) / (length - 1)}%` : "0";
  element.style.backgroundSize = `${100 * width}% ${100 * height}%`;
  return {
    element,
    update(player) {
      element.hidden = player === undefined || player >= nPatches;
      if (player === undefined || element.hidden) return;
      const [row, column] = [Math.floor(player / columns), player % columns];
      element.style.backgroundPosition = `${percent(column + left * width, width)} ${percent(row + top * height, height)}`;
    },
  };
}

/** Patches narrower than this, in pixels, are magnified. */
const MIN_PATCH_WIDTH = 36;
/** Width of a magnified patch in pixels. */
const MAGNIFIED_WIDTH = 44;
/** Patches shown in each direction, with the one pointed at in the middle. */
const MAGNIFIED_PATCHES = 3;

/** Shows a small patch with its neighbours, enlarged. */
export function createMagnifier({ rows, columns, nPatches, cropBox, patchAspect }: Explanation) {
  const element = make("span", "magnifier", {}, make("span", "magnifier-frame"));
  const [width, height] = [MAGNIFIED_WIDTH, MAGNIFIED_WIDTH * patchAspect];
  const [left, top, right, bottom] = cropBox;
  const picture = { width: (columns * width) / (right - left), height: (rows * height) / (bottom - top) };
  element.style.width = `${MAGNIFIED_PATCHES * width}px`;
  element.style.height = `${MAGNIFIED_PATCHES * height}px`;
  element.style.backgroundSize = `${picture.width}px ${picture.height}px`;

  return {
    element,
    /** Hidden for anything but one small patch of the image itself. */
    update(target: HTMLElement, players: readonly number[]): void {
      const [player = nPatches] = players;
      const isSmall =
        target.dataset.player !== undefined && target.getBoundingClientRect().width < MIN_PATCH_WIDTH;
      element.hidden = player >= nPatches || !isSmall;
      const margin = (MAGNIFIED_PATCHES - 1) / 2;
      const x = (margin - (player % columns)) * width - left * picture.width;
      const y = (margin - Math.floor(player / columns)) * height - top * picture.height;
      element.style.backgroundPosition = `${x}px ${y}px`;
    },
  };
}
