// Paths of curved strokes whose width changes from one end to the other.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Stroke {
  readonly from: Point;
  readonly to: Point;
  /** Control point of a quadratic curve; on the line between the ends, the stroke is straight. */
  readonly via: Point;
  readonly width: readonly [from: number, to: number];
}

/** The outline of a stroke with round ends, as SVG path data. */
export function strokeOutline({ from, to, via, width }: Stroke): string {
  const [a, b] = [width[0] / 2, width[1] / 2];
  const startNormal = unitNormal(from, via, to);
  const endNormal = unitNormal(via, to, from);
  const middleNormal = unitNormal(from, to, via);
  const offset = (point: Point, normal: Point, by: number) =>
    `${(point.x + normal.x * by).toFixed(1)} ${(point.y + normal.y * by).toFixed(1)}`;
  const roundCap = (radius: number) => `A${radius.toFixed(1)} ${radius.toFixed(1)} 0 0 1`;
  const middle = (a + b) / 2;
  return [
    `M${offset(from, startNormal, -a)}Q${offset(via, middleNormal, -middle)} ${offset(to, endNormal, -b)}`,
    `${roundCap(b)} ${offset(to, endNormal, b)}`,
    `Q${offset(via, middleNormal, middle)} ${offset(from, startNormal, a)}`,
    `${roundCap(a)} ${offset(from, startNormal, -a)}Z`,
  ].join("");
}

/** A control point to the left of the way from one point to another, off its middle by a share of its length. */
export function leftOfMiddle(from: Point, to: Point, share: number): Point {
  return {
    x: (from.x + to.x) / 2 + (to.y - from.y) * share,
    y: (from.y + to.y) / 2 - (to.x - from.x) * share,
  };
}

/** The unit vector normal to the line from a to b, or from a to c if a and b coincide. */
function unitNormal(a: Point, b: Point, c: Point): Point {
  const end = a.x === b.x && a.y === b.y ? c : b;
  const [x, y] = [end.x - a.x, end.y - a.y];
  const length = Math.hypot(x, y) || 1;
  return { x: -y / length, y: x / length };
}
