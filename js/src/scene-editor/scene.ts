// A scene that is being put together: its things, and what can be done to them.

/** One thing of the scene, as `fixlip_widget.scene` takes it; later ones cover earlier ones. */
export type Item = readonly [
  thing: string,
  colour: string | null,
  centre: readonly [number, number],
  size: number,
];

export const SIZES = { least: 0.1, most: 0.9, initial: 0.4, step: 0.05 } as const;
/** As many as `fixlip_widget.scene` takes. */
export const MAX_THINGS = 36;
/** Where things go that are not dropped at a place of their own: a free one of these, or else the first. */
const PLACES = [
  [0.27, 0.3],
  [0.73, 0.3],
  [0.27, 0.72],
  [0.73, 0.72],
  [0.5, 0.5],
] as const;

export function place(items: readonly Item[]): readonly [number, number] {
  const isFree = ([x, y]: readonly [number, number]) =>
    items.every(([, , [otherX, otherY]]) => Math.hypot(x - otherX, y - otherY) > 0.25);
  return PLACES.find(isFree) ?? PLACES[0];
}

export function add(items: readonly Item[], thing: string, centre = place(items)): readonly Item[] {
  return items.length < MAX_THINGS
    ? [...items, [thing, null, [clamp(centre[0]), clamp(centre[1])], SIZES.initial]]
    : items;
}

export function change(
  items: readonly Item[],
  index: number,
  to: { colour?: string | null; centre?: readonly [number, number]; size?: number },
): readonly Item[] {
  return items.map((item, other) => {
    if (other !== index) return item;
    const [thing, colour, [x, y], size] = item;
    const [newX, newY] = to.centre ?? [x, y];
    return [
      thing,
      to.colour === undefined ? colour : to.colour,
      [clamp(newX), clamp(newY)],
      round(Math.min(SIZES.most, Math.max(SIZES.least, to.size ?? size))),
    ];
  });
}

export function remove(items: readonly Item[], index: number): readonly Item[] {
  return items.filter((_, other) => other !== index);
}

export function toFront(items: readonly Item[], index: number): readonly Item[] {
  const item = items[index];
  return item ? [...remove(items, index), item] : items;
}

export function describe([thing, colour, [x, y]]: Item): string {
  const percent = (share: number) => Math.round(100 * share);
  return `${colour ? `${colour} ` : ""}${thing}, ${percent(x)} % from the left, ${percent(y)} % from the top`;
}

function clamp(share: number): number {
  return round(Math.min(1, Math.max(0, share)));
}

/** Thousandths are finer than pixels. */
function round(share: number): number {
  return Math.round(1000 * share) / 1000;
}
