// A subset as a graph: its tokens as nodes, patches above and words below, and their interactions as edges.
import { extentOf, signOf, strength } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { formatSigned } from "../format.js";
import { pairIndex } from "../indices.js";
import type { Dispatch } from "../selection.js";
import { make, makeSvg } from "./dom.js";
import { type Component, type Frame, MAX_GRAPH_NODES } from "./frame.js";
import { addRovingTabindex, ensureTabStop } from "./keyboard.js";
import { type Point, strokeOutline } from "./tapered-stroke.js";
import { createThumbnail } from "./thumbnails.js";

/** The strongest edges carry their value as a number. */
const MAX_NUMBERS = 8;
const WIDTH = 400;
const HEIGHT = 250;
/** Of the ellipse on which the nodes stand. */
const RADII: Point = { x: 160, y: 96 };
/** Width of the strongest edge. */
const MAX_WIDTH = 11;
const MIN_WIDTH = 0.8;

export function createSubsetGraph(explanation: Explanation, dispatch: Dispatch): Component {
  const { labels, nPatches } = explanation;
  const nodes = Array.from({ length: Math.min(MAX_GRAPH_NODES, explanation.nPlayers) }, () => {
    const thumbnail = createThumbnail(explanation);
    const text = make("bdi", "text");
    return { thumbnail, text, element: make("div", "node", { role: "option" }, thumbnail.element, text) };
  });
  const lines = makeSvg("g");
  const numbers = makeSvg("g");
  const viewBox = `0 0 ${WIDTH} ${HEIGHT}`;
  const edges = makeSvg("svg", { viewBox, "aria-hidden": true }, lines, numbers);
  const items = nodes.map(({ element }) => element);
  const attributes = { role: "listbox", "aria-label": "tokens of the set" };
  const element = make("div", "graph", attributes, edges, ...items);

  addRovingTabindex({
    container: element,
    items,
    shape: () => ({ rows: 1, columns: items.length, mirrored: false }),
    dispatch,
  });

  function update(frame: Frame): void {
    const players = orderedMembers(frame);
    const points = layOut(players, nPatches);
    for (const [position, { thumbnail, text, element }] of nodes.entries()) {
      const player = players[position];
      element.hidden = player === undefined;
      if (player === undefined) continue;
      const point = points[position] as Point;
      element.dataset.bar = String(player);
      element.setAttribute("aria-selected", String(frame.selectedSet.has(player)));
      element.setAttribute("aria-label", labels[player] as string);
      element.style.left = `${(100 * point.x) / WIDTH}%`;
      element.style.top = `${(100 * point.y) / HEIGHT}%`;
      thumbnail.update(player);
      text.hidden = player < nPatches;
      text.textContent = labels[player] as string;
    }
    ensureTabStop(items);
    drawEdges(players, points, frame);
  }

  function drawEdges(players: readonly number[], points: readonly Point[], { digits }: Frame): void {
    const { secondOrder, nPlayers } = explanation;
    const strongestLast = players
      .flatMap((a, i) =>
        players.slice(i + 1).map((b, k) => ({
          from: points[i] as Point,
          to: points[i + 1 + k] as Point,
          value: secondOrder[pairIndex(a, b, nPlayers)] as number,
        })),
      )
      .sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
    const extent = extentOf(strongestLast.map(({ value }) => value));
    lines.replaceChildren(
      ...strongestLast.map(({ from, to, value }) => {
        const share = strength(value, extent);
        const width = Math.max(MIN_WIDTH, MAX_WIDTH * share);
        const d = strokeOutline({ from, to, via: midpoint(from, to), width: [width, width] });
        const line = makeSvg("path", { d, "data-sign": signOf(value), class: "fixlip-link" });
        line.style.setProperty("--fixlip-strength", share.toFixed(3));
        return line;
      }),
    );
    numbers.replaceChildren(
      ...strongestLast.slice(-MAX_NUMBERS).map(({ from, to, value }) => {
        const { x, y } = midpoint(from, to);
        const number = makeSvg("text", { x, y, "data-sign": signOf(value) });
        number.textContent = formatSigned(value, digits);
        return number;
      }),
    );
  }

  return { element, update };
}

/** The members of the subset: patches from left to right, then words in reading order. */
function orderedMembers({ subset, explanation }: Frame): readonly number[] {
  if (!subset) return [];
  const { columns, nPatches } = explanation;
  const members = subset.subsets.members(subset.size).slice(0, MAX_GRAPH_NODES);
  const sortKey = (player: number) => (player < nPatches ? player % columns : columns + player);
  return members.toSorted((a, b) => sortKey(a) - sortKey(b) || a - b);
}

/** Points on an ellipse: patches on an arc at the top, words on one at the bottom, each as long as its share of nodes. */
function layOut(players: readonly number[], nPatches: number): Point[] {
  const upper = players.filter((player) => player < nPatches).length;
  const lower = players.length - upper;
  const upperShare = players.length > 0 ? upper / players.length : 0;
  return players.map((_, position) => {
    const isWord = position >= upper;
    const arc = 2 * Math.PI * (isWord ? 1 - upperShare : upperShare);
    // Clockwise along the arc; the lower one runs from right to left, so words count backwards.
    const along = isWord ? (lower - 1 - (position - upper) + 0.5) / lower : (position + 0.5) / upper;
    const middle = isWord ? Math.PI / 2 : -Math.PI / 2;
    const angle = middle - arc / 2 + arc * along;
    return { x: WIDTH / 2 + RADII.x * Math.cos(angle), y: HEIGHT / 2 + RADII.y * Math.sin(angle) };
  });
}

function midpoint(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
