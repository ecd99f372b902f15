// A magnifier for patches too small to be seen: the patch and those around it.
import type { Explanation } from "../deserialize.js";
import { make } from "./dom.js";

/** Pixels: patches smaller than this are magnified, */
const SMALL = 36;
/** to this, in a window of so many patches. */
const LARGE = 44;
const AROUND = 3;

export function createLens({ rows, columns, patches, meta }: Explanation) {
  const element = make("span", "lens", {}, make("span", "lens-frame"));
  const shape = meta.size[1] / rows / (meta.size[0] / columns) || 1;
  const [width, height] = [LARGE, LARGE * shape];
  element.style.width = `${AROUND * width}px`;
  element.style.height = `${AROUND * height}px`;
  element.style.backgroundSize = `${columns * width}px ${rows * height}px`;

  return {
    element,
    update(target: HTMLElement, players: readonly number[]): void {
      const [player = patches] = players;
      const tiny = target.dataset.player !== undefined && target.getBoundingClientRect().width < SMALL;
      element.hidden = player >= patches || !tiny;
      const margin = (AROUND - 1) / 2;
      const left = (margin - (player % columns)) * width;
      const top = (margin - Math.floor(player / columns)) * height;
      element.style.backgroundPosition = `${left}px ${top}px`;
    },
  };
}
