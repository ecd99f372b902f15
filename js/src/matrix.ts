// The interactions of all pairs as a square map: groups of tokens as rows and columns, patches first, then words.
import type { Explanation } from "./deserialize.js";
import { pairIndex } from "./indices.js";
import { memoize } from "./memoize.js";

/** The most groups of each modality; more would be too small to point at. */
export const MAX_GROUPS = 64;

/** Rows and columns of a map: the players of each, and the mean interaction of each two. */
export interface InteractionMap {
  readonly groups: readonly (readonly number[])[];
  /** How many of the groups are of patches; they come first. */
  readonly nImage: number;
  /** (groups × groups), row by row: means over the pairs of two different tokens; NaN where there are none. */
  readonly means: Float64Array;
}

export function interactionMap(
  explanation: Explanation,
  groups: readonly (readonly number[])[],
): InteractionMap {
  const { secondOrder, nPlayers, nPatches } = explanation;
  const means = new Float64Array(groups.length ** 2);
  for (const [row, rowPlayers] of groups.entries()) {
    for (let column = row; column < groups.length; column++) {
      let [sum, count] = [0, 0];
      for (const i of rowPlayers) {
        for (const j of groups[column] as readonly number[]) {
          if (i === j) continue;
          sum += secondOrder[pairIndex(i, j, nPlayers)] as number;
          count++;
        }
      }
      means[row * groups.length + column] = means[column * groups.length + row] = sum / count;
    }
  }
  return { groups, nImage: groups.filter(([first]) => (first as number) < nPatches).length, means };
}

/** The map of all tokens; on fine grids, of square blocks of patches. */
export const overviewMap = memoize((explanation: Explanation): InteractionMap => {
  const { nPatches, nPlayers } = explanation;
  const words = Array.from({ length: nPlayers - nPatches }, (_, position) => nPatches + position);
  const perGroup = Math.ceil(words.length / MAX_GROUPS);
  const wordGroups = Array.from({ length: Math.ceil(words.length / perGroup) }, (_, group) =>
    words.slice(group * perGroup, (group + 1) * perGroup),
  );
  return interactionMap(explanation, [...patchBlocks(explanation), ...wordGroups]);
});

/** The map of the selected tokens, one by one; null where it would be too small or too fine. */
export function detailMap(explanation: Explanation, selected: readonly number[]): InteractionMap | null {
  if (selected.length < 2 || selected.length > MAX_GROUPS) return null;
  const ordered = selected.toSorted((a, b) => a - b);
  return interactionMap(
    explanation,
    ordered.map((player) => [player]),
  );
}

/** Patches in the smallest square blocks of which there are at most MAX_GROUPS, row by row. */
function patchBlocks({ rows, columns }: Explanation): number[][] {
  let side = 1;
  while (Math.ceil(rows / side) * Math.ceil(columns / side) > MAX_GROUPS) side++;
  const across = Math.ceil(columns / side);
  const blocks: number[][] = Array.from({ length: Math.ceil(rows / side) * across }, () => []);
  for (let player = 0; player < rows * columns; player++) {
    const [row, column] = [Math.floor(player / columns), player % columns];
    blocks[Math.floor(row / side) * across + Math.floor(column / side)]?.push(player);
  }
  return blocks;
}
