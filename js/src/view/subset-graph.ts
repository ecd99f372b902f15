// A subset as a graph: its tokens as nodes, patches above and words below, and their interactions as edges.
import { extentOf, signOf, strength } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { decimals, formatSigned } from "../format.js";
import { pairIndex } from "../indices.js";
import type { Dispatch } from "../selection.js";
import { make, makeSvg } from "./dom.js";
import { type Component, type Frame, MAX_GRAPH_NODES } from "./frame.js";
import { addRovingTabindex, ensureTabStop } from "./keyboard.js";
import { type Point, strokeOutline } from "./tapered-stroke.js";
import { createThumbnail } from "./thumbnails.js";

/** The strongest edges are as wide as they are strong and carry their value; all others are hairlines. */
const MAX_STRONG = 8;
const HAIRLINE = 0.8;
const WIDTH = 400;
const HEIGHT = 250;
/** Of the ellipse on which the nodes stand. */
const RADII: Point = { x: 160, y: 96 };
/** Width of the strongest edge. */
const MAX_WIDTH = 11;
const MIN_WIDTH = 1.6;
/** Places along an edge that its number may take, as shares of its length; the first that is free. */
const NUMBER_PLACES = [0.5, 0.4, 0.6, 0.31, 0.69, 0.24, 0.76];
/** Room in the drawing that a number takes: of each character, and of its line. */
const CHARACTER: Point = { x: 7, y: 15 };

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
    drawEdges(players, points);
  }

  function drawEdges(players: readonly number[], points: readonly Point[]): void {
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
    const strong = strongestLast.slice(-MAX_STRONG);
    lines.replaceChildren(
      ...strongestLast.slice(0, -MAX_STRONG).map((edge) => drawEdge(edge, "fixlip-faint", HAIRLINE)),
      ...strong.map((edge) => {
        const share = strength(edge.value, extent);
        const line = drawEdge(edge, "fixlip-link", Math.max(MIN_WIDTH, MAX_WIDTH * share));
        line.style.setProperty("--fixlip-strength", share.toFixed(3));
        return line;
      }),
    );
    const digits = decimals(extent);
    const taken = points.map((point, position) => nodeBox(point, players[position] as number));
    numbers.replaceChildren(
      ...strong.toReversed().map(({ from, to, value }) => {
        const text = formatSigned(value, digits);
        const boxes = NUMBER_PLACES.map((share) => numberBox(between(from, to, share), text));
        const box = boxes.find((each) => !taken.some((other) => overlap(each, other))) ?? (boxes[0] as Box);
        taken.push(box);
        const number = makeSvg("text", { x: box.x, y: box.y, "data-sign": signOf(value) });
        number.textContent = text;
        return number;
      }),
    );
  }

  function nodeBox({ x, y }: Point, player: number): Box {
    if (player < nPatches) return { x, y, width: 40, height: 40 };
    return { x, y, width: 22 + 8 * (labels[player] as string).length, height: 28 };
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

interface Edge {
  readonly from: Point;
  readonly to: Point;
  readonly value: number;
}

function drawEdge({ from, to, value }: Edge, kind: string, width: number): SVGElement {
  const d = strokeOutline({ from, to, via: between(from, to, 0.5), width: [width, width] });
  return makeSvg("path", { d, "data-sign": signOf(value), class: kind });
}

/** A rectangle around its middle. */
interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

function numberBox({ x, y }: Point, text: string): Box {
  return { x, y, width: CHARACTER.x * text.length, height: CHARACTER.y };
}

function overlap(a: Box, b: Box): boolean {
  return 2 * Math.abs(a.x - b.x) < a.width + b.width && 2 * Math.abs(a.y - b.y) < a.height + b.height;
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}
