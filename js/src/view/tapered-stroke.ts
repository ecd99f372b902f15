// The outline of a translucent stroke that narrows from one end to the other along a curve.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Stroke {
  readonly from: Point;
  readonly to: Point;
  /** Where the curve is drawn to; between the two, it is straight. */
  readonly via: Point;
  readonly width: readonly [from: number, to: number];
}

export function outline({ from, to, via, width }: Stroke): string {
  const [a, b] = [width[0] / 2, width[1] / 2];
  const start = normal(from, via, to);
  const end = normal(via, to, from);
  const middle = normal(from, to, via);
  const at = (point: Point, along: Point, by: number) =>
    `${(point.x + along.x * by).toFixed(1)} ${(point.y + along.y * by).toFixed(1)}`;
  const cap = (radius: number) => `A${radius.toFixed(1)} ${radius.toFixed(1)} 0 0 1`;
  const half = (a + b) / 2;
  return [
    `M${at(from, start, -a)}Q${at(via, middle, -half)} ${at(to, end, -b)}`,
    `${cap(b)} ${at(to, end, b)}`,
    `Q${at(via, middle, half)} ${at(from, start, a)}`,
    `${cap(a)} ${at(from, start, -a)}Z`,
  ].join("");
}

/** A point beside the middle of a line, to its left, at a share of the line's length. */
export function beside(from: Point, to: Point, share: number): Point {
  return {
    x: (from.x + to.x) / 2 + (to.y - from.y) * share,
    y: (from.y + to.y) / 2 - (to.x - from.x) * share,
  };
}

/** Of length 1, across the way from a to b; of the way to c where these are one point. */
function normal(a: Point, b: Point, c: Point): Point {
  const far = a.x === b.x && a.y === b.y ? c : b;
  const [x, y] = [far.x - a.x, far.y - a.y];
  const length = Math.hypot(x, y) || 1;
  return { x: -y / length, y: x / length };
}
