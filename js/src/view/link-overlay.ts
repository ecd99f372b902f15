// The strongest links, drawn over image and caption from token to token.
import { signOf, strength } from "../color-scale.js";
import { type Link, type LinkKind, linkKind } from "../links.js";
import { makeSvg } from "./dom.js";
import type { Component, Frame } from "./frame.js";
import { leftOfMiddle, type Point, strokeOutline } from "./tapered-stroke.js";

/** Widths in pixels of the strongest link shown: at a patch, and at a word, where many links meet. */
export const WIDTH_AT_PATCH = 13;
/** Of the width of a patch, so that links from neighbours stay apart. */
const MAX_SHARE_OF_PATCH = 0.4;
const WIDTH_AT_WORD = 4;
const MIN_WIDTH = 1.2;
/** Of the dot where a link ends at a word, which tells it from links that pass under one. */
const END_RADIUS = 3;

export interface LinkOverlay extends Component {
  /** Dims all links but those that touch every one of these players. */
  highlight(players: readonly number[]): void;
}

/** `tokens` are the elements that links join, by player. */
export function createLinkOverlay(tokens: readonly HTMLElement[]): LinkOverlay {
  const element = makeSvg("svg", { "aria-hidden": true, class: "fixlip-link-overlay" });
  let links: readonly Link[] = [];

  return {
    element,
    update(frame) {
      // Measuring the tokens forces the browser to lay out the page, so avoid it in other modes.
      if (links.length === 0 && frame.links.length === 0) return;
      links = frame.links;
      const { left, top } = element.getBoundingClientRect();
      const patchWidth = (tokens[0] as HTMLElement).getBoundingClientRect().width;
      const widest = Math.min(WIDTH_AT_PATCH, MAX_SHARE_OF_PATCH * patchWidth || WIDTH_AT_PATCH);
      const boxOf = (player: number): Box => {
        const box = (tokens[player] as HTMLElement).getBoundingClientRect();
        return { x: box.left + box.width / 2 - left, top: box.top - top, bottom: box.bottom - top };
      };
      // Weakest first, so that the strongest is drawn on top.
      element.replaceChildren(...links.toReversed().map((link) => createStroke(link, frame, widest, boxOf)));
    },
    highlight(players) {
      for (const [index, stroke] of [...element.children].reverse().entries()) {
        const { from, to } = links[index] as Link;
        const touchesAll = players.every((player) => player === from || player === to);
        stroke.classList.toggle("fixlip-dimmed", !touchesAll);
      }
    },
  };
}

/** A token's extent relative to the overlay; `x` is its middle. */
interface Box {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

function createStroke(
  link: Link,
  { explanation, linkExtent }: Frame,
  widest: number,
  boxOf: (player: number) => Box,
): SVGElement {
  const share = strength(link.value, linkExtent);
  const atPatch = Math.max(MIN_WIDTH, widest * share);
  const atWord = Math.max(MIN_WIDTH, Math.min(WIDTH_AT_WORD, widest) * share);
  const mean = (atPatch + atWord) / 2;
  const kind = linkKind(link, explanation.nPatches);
  const width = kind === "image–text" ? ([atPatch, atWord] as const) : ([mean, mean] as const);
  const [from, to, via] = CURVES[kind](boxOf(link.from), boxOf(link.to));
  const stroke = makeSvg("path", { d: strokeOutline({ from, to, via, width }), class: "fixlip-link" });
  stroke.style.setProperty("--fixlip-strength", share.toFixed(3));
  const ends = [from, to].filter((_, end) => ([link.from, link.to][end] as number) >= explanation.nPatches);
  return makeSvg(
    "g",
    { "data-sign": signOf(link.value) },
    stroke,
    ...ends.map(({ x, y }) => makeSvg("circle", { cx: x, cy: y, r: END_RADIUS, class: "fixlip-link-end" })),
  );
}

type Curve = readonly [from: Point, to: Point, via: Point];

/** Links end in the middle of a patch but at the edge of a word, so that none crosses the text. */
const CURVES: Record<LinkKind, (from: Box, to: Box) => Curve> = {
  "image–image": (from, to) => bentLine(middleOf(from), middleOf(to)),
  "image–text": (from, to) => bentLine(middleOf(from), { x: to.x, y: to.top }),
  "text–text": (from, to) => {
    if (from.bottom < to.top) return bentLine({ x: from.x, y: from.bottom }, { x: to.x, y: to.top });
    // Both in one line of text: an arc over the words between them.
    const y = Math.min(from.top, to.top);
    const rise = 14 + 0.35 * Math.abs(to.x - from.x);
    return [
      { x: from.x, y },
      { x: to.x, y },
      { x: (from.x + to.x) / 2, y: y - rise },
    ];
  },
};

function bentLine(from: Point, to: Point): Curve {
  return [from, to, leftOfMiddle(from, to, 0.08)];
}

function middleOf({ x, top, bottom }: Box): Point {
  return { x, y: (top + bottom) / 2 };
}
