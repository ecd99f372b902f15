// A small picture as the model sees it, with the patches blank that a mask hides.
import type { Explanation } from "../deserialize.js";
import { memoizeByIndex } from "../memoize.js";
import { make, makeSvg } from "./dom.js";

export function createMaskedPicture({ rows, columns, nPatches, cropBox, patchAspect }: Explanation) {
  const blank = makeSvg("path");
  const viewBox = `0 0 ${columns} ${rows}`;
  const element = make(
    "span",
    "masked",
    {},
    makeSvg("svg", { viewBox, preserveAspectRatio: "none", "aria-hidden": true }, blank),
  );
  const [left, top, right, bottom] = cropBox;
  const [width, height] = [right - left, bottom - top];
  const percent = (offset: number, length: number) => (length < 1 ? (100 * offset) / (1 - length) : 0);
  element.style.aspectRatio = String(columns / (rows * patchAspect));
  element.style.backgroundSize = `${100 / width}% ${100 / height}%`;
  element.style.backgroundPosition = `${percent(left, width)}% ${percent(top, height)}%`;
  const pathOf = memoizeByIndex((player) => `M${player % columns} ${Math.floor(player / columns)}h1v1h-1z`);
  return {
    element,
    update(hidden: ReadonlySet<number>): void {
      let path = "";
      for (const player of hidden) if (player < nPatches) path += pathOf(player);
      blank.setAttribute("d", path);
    },
  };
}
