// A patch cut out of the picture, which the root's style holds once for all.
import type { Explanation } from "../deserialize.js";
import { make } from "./dom.js";

export interface Thumb {
  readonly element: HTMLElement;
  /** Shows a patch, and nothing for a word. */
  update(player: number | undefined): void;
}

export function createThumb({ rows, columns, patches }: Explanation): Thumb {
  const element = make("span", "thumb");
  const at = (index: number, count: number) => (count > 1 ? `${(100 * index) / (count - 1)}%` : "0");
  element.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  return {
    element,
    update(player) {
      element.hidden = player === undefined || player >= patches;
      if (player === undefined || element.hidden) return;
      element.style.backgroundPosition = `${at(player % columns, columns)} ${at(Math.floor(player / columns), rows)}`;
    },
  };
}
