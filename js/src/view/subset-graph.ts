// A set of tokens as a graph: patches above, words below, as in the view itself, and their interactions between them.

import { extentOf, signed, signOf, strength } from "../color-scale.js";
import { type Explanation, pairIndex } from "../deserialize.js";
import { make, svg } from "./dom.js";
import type { Act, Frame, Part } from "./frame.js";
import { keepTabStop, rove } from "./roving.js";
import { outline, type Point } from "./tapered-stroke.js";
import { createThumb } from "./thumb.js";

/** More tokens than this make a knot. */
export const MOST = 12;
const LABELLED = 8;
const WIDTH = 400;
const HEIGHT = 250;
const RADII: Point = { x: 160, y: 96 };
const BROAD = 11;

export function createGraph(explanation: Explanation, act: Act): Part {
  const { labels, patches } = explanation;
  const nodes = Array.from({ length: Math.min(MOST, explanation.players) }, () => {
    const thumb = createThumb(explanation);
    const text = make("bdi", "text");
    return { thumb, text, element: make("div", "node", { role: "option" }, thumb.element, text) };
  });
  const lines = svg("g");
  const numbers = svg("g");
  const edges = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": true }, lines, numbers);
  const items = nodes.map(({ element }) => element);
  const element = make("div", "graph", { role: "listbox", "aria-label": "tokens of the set" });
  element.append(edges, ...items);

  rove({
    container: element,
    items,
    board: () => ({ rows: 1, columns: items.length, mirrored: false }),
    act,
  });

  function update(frame: Frame): void {
    const drawn = arranged(frame);
    const points = layout(drawn, patches);
    for (const [place, { thumb, text, element }] of nodes.entries()) {
      const player = drawn[place];
      element.hidden = player === undefined;
      if (player === undefined) continue;
      const point = points[place] as Point;
      element.dataset.bar = String(player);
      element.setAttribute("aria-selected", String(frame.chosen.has(player)));
      element.setAttribute("aria-label", labels[player] as string);
      element.style.left = `${(100 * point.x) / WIDTH}%`;
      element.style.top = `${(100 * point.y) / HEIGHT}%`;
      thumb.update(player);
      text.hidden = player < patches;
      text.textContent = labels[player] as string;
    }
    keepTabStop(items);
    draw(drawn, points, frame);
  }

  function draw(drawn: readonly number[], points: readonly Point[], { explanation, digits }: Frame): void {
    const { pairs, players } = explanation;
    const found = drawn
      .flatMap((a, i) =>
        drawn
          .slice(i + 1)
          .map((b, k) => ({ i, j: i + 1 + k, value: pairs[pairIndex(a, b, players)] as number })),
      )
      .sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
    const extent = extentOf(found.map(({ value }) => value));
    lines.replaceChildren(
      ...found.map(({ i, j, value }) => {
        const [from, to] = [points[i], points[j]] as [Point, Point];
        const share = strength(value, extent);
        const width = Math.max(0.8, BROAD * share);
        const d = outline({ from, to, via: middleOf(from, to), width: [width, width] });
        const line = svg("path", { d, "data-sign": signOf(value) });
        line.setAttribute("class", "fixlip-link");
        line.style.setProperty("--fixlip-share", share.toFixed(3));
        return line;
      }),
    );
    numbers.replaceChildren(
      ...found.slice(-LABELLED).map(({ i, j, value }) => {
        const { x, y } = middleOf(points[i] as Point, points[j] as Point);
        const number = svg("text", { x, y, "data-sign": signOf(value) });
        number.textContent = signed(value, digits);
        return number;
      }),
    );
  }

  return { element, update };
}

/** The members to draw, patches from left to right, then words as they are read. */
function arranged({ subset, explanation }: Frame): readonly number[] {
  if (!subset) return [];
  const { columns, patches } = explanation;
  const members = subset.all.members(subset.size).slice(0, MOST);
  const column = (player: number) => (player < patches ? player % columns : columns + player);
  return members.toSorted((a, b) => column(a) - column(b) || a - b);
}

/** Patches on the upper half of an ellipse, words on the lower, each half as long as it has members. */
function layout(players: readonly number[], patches: number): Point[] {
  const upper = players.filter((player) => player < patches).length;
  const lower = players.length - upper;
  const share = players.length > 0 ? upper / players.length : 0;
  return players.map((_, place) => {
    const word = place >= upper;
    const arc = 2 * Math.PI * (word ? 1 - share : share);
    const step = word ? (lower - 1 - (place - upper) + 0.5) / lower : (place + 0.5) / upper;
    const middle = word ? Math.PI / 2 : -Math.PI / 2;
    const angle = middle - arc / 2 + arc * step;
    return { x: WIDTH / 2 + RADII.x * Math.cos(angle), y: HEIGHT / 2 + RADII.y * Math.sin(angle) };
  });
}

function middleOf(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
