// The image, its colours, and the grid of its patches over them.
import type { Explanation } from "../deserialize.js";
import { between } from "../selection.js";
import { make } from "./dom.js";
import type { Act, Board, Frame } from "./frame.js";
import { createHeat } from "./heatmap.js";
import { rove } from "./roving.js";
import { createToken } from "./token.js";

/** Pictures so much wider than high take the whole width of the view. */
const WIDE = 2.5;

export interface Picture extends Board {
  readonly element: HTMLElement;
  /** The patches of the rectangle between two. */
  between(from: number, to: number): readonly number[];
}

export function createPicture(explanation: Explanation, picture: string, act: Act): Picture {
  const { rows, columns, meta } = explanation;
  const blank = make("div", "patch", { role: "gridcell", tabindex: -1 });
  const cells = Array.from({ length: rows * columns }, (_, player) => {
    const cell = blank.cloneNode() as HTMLElement;
    cell.setAttribute("data-player", String(player));
    return cell;
  });
  const tokens = cells.map(createToken);
  const alone = cells.map((_, player) => [player]);
  const lines = Array.from({ length: rows }, (_, row) =>
    make("div", "row", { role: "row" }, ...cells.slice(row * columns, (row + 1) * columns)),
  );
  const grid = make(
    "div",
    "grid",
    {
      role: "grid",
      "aria-label": `image, ${rows} by ${columns} patches`,
      "aria-multiselectable": true,
    },
    ...lines,
  );
  const heat = createHeat(explanation);
  const element = make("div", "picture", {}, heat.element, grid);
  if (picture)
    element.prepend(
      make("img", "image", {
        src: picture,
        alt: meta.caption,
        draggable: false,
      }),
    );
  const [width, height] = meta.size;
  element.toggleAttribute("data-wide", width > WIDE * height);
  element.style.setProperty("--fixlip-ratio", String(width / height));
  element.style.setProperty("--fixlip-rows", String(rows));
  element.style.setProperty("--fixlip-columns", String(columns));

  const rectangle = (from: number, to: number) => between(from, to, columns);
  rove({
    container: grid,
    items: cells,
    board: () => ({ rows, columns, mirrored: false }),
    between: rectangle,
    act,
  });

  return {
    element,
    tokens: cells,
    between: rectangle,
    update(frame: Frame) {
      heat.update(frame);
      for (const [player, token] of tokens.entries()) token.mark(alone[player] as readonly number[], frame);
    },
    spell(frame: Frame) {
      for (const [player, token] of tokens.entries()) token.spell(alone[player] as readonly number[], frame);
    },
  };
}
