// The strongest links, drawn over picture and caption from token to token.

import { signOf, strength } from "../color-scale.js";
import { type Kind, kindOf, type Link } from "../links.js";
import { svg } from "./dom.js";
import type { Frame, Part } from "./frame.js";
import { beside, outline, type Point } from "./tapered-stroke.js";

/** Widths in pixels of the strongest link: at a patch, and at a word, where many meet. */
const BROAD = 13;
const NARROW = 4;
const THINNEST = 1.2;

export interface Weave extends Part {
  /** Dims the links that do not touch these players, all of them where there is more than one. */
  point(players: readonly number[]): void;
}

/** `tokens` are the elements that links join, by player. */
export function createWeave(tokens: readonly HTMLElement[]): Weave {
  const element = svg("svg", { "aria-hidden": true });
  element.setAttribute("class", "fixlip-weave");
  let drawn: readonly Link[] = [];

  return {
    element,
    update(frame) {
      // To measure where tokens are would lay out the page anew.
      if (drawn.length === 0 && frame.links.length === 0) return;
      drawn = frame.links;
      const { left, top } = element.getBoundingClientRect();
      const boxOf = (player: number): Box => {
        const box = (tokens[player] as HTMLElement).getBoundingClientRect();
        return { x: box.left + box.width / 2 - left, top: box.top - top, bottom: box.bottom - top };
      };
      // The strongest last: it lies on top.
      element.replaceChildren(...drawn.toReversed().map((link) => path(link, frame, boxOf)));
    },
    point(players) {
      for (const [place, child] of [...element.children].reverse().entries()) {
        const { from, to } = drawn[place] as Link;
        child.classList.toggle("fixlip-faint", !players.every((player) => player === from || player === to));
      }
    },
  };
}

interface Box {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

function path(link: Link, { explanation, extent }: Frame, boxOf: (player: number) => Box): SVGElement {
  const share = strength(link.value, extent);
  const broad = Math.max(THINNEST, BROAD * share);
  const narrow = Math.max(THINNEST, NARROW * share);
  const even = (broad + narrow) / 2;
  const kind = kindOf(link, explanation.patches);
  const width = kind === "image–text" ? ([broad, narrow] as const) : ([even, even] as const);
  const [from, to, via] = COURSES[kind](boxOf(link.from), boxOf(link.to));
  const shape = svg("path", { d: outline({ from, to, via, width }), "data-sign": signOf(link.value) });
  shape.setAttribute("class", "fixlip-link");
  shape.style.setProperty("--fixlip-share", share.toFixed(3));
  return shape;
}

type Course = readonly [from: Point, to: Point, via: Point];

/** Patches are joined at their middles, words at their edges, so that no line crosses what it is about. */
const COURSES: Record<Kind, (from: Box, to: Box) => Course> = {
  "image–image": (from, to) => bent(middle(from), middle(to)),
  "image–text": (from, to) => bent(middle(from), { x: to.x, y: to.top }),
  "text–text": (from, to) => {
    if (from.bottom < to.top) return bent({ x: from.x, y: from.bottom }, { x: to.x, y: to.top });
    // Side by side in one line: an arc over the words between them.
    const y = Math.min(from.top, to.top);
    const rise = 14 + 0.35 * Math.abs(to.x - from.x);
    return [
      { x: from.x, y },
      { x: to.x, y },
      { x: (from.x + to.x) / 2, y: y - rise },
    ];
  },
};

function bent(from: Point, to: Point): Course {
  return [from, to, beside(from, to, 0.08)];
}

function middle({ x, top, bottom }: Box): Point {
  return { x, y: (top + bottom) / 2 };
}
