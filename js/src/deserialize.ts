// Reads the wire format of one explanation, which `serialize.py` writes.
import { banzhafValues } from "./banzhaf-values.js";
import { type PlayerCounts, pairCount } from "./indices.js";
import { ARRAYS, type ArrayName, type CropBox, type Fields, type Meta } from "./model.js";

/** The arrays of an explanation by their Python names, row by row; of symmetric matrices the upper triangle. */
export type Arrays = Readonly<
  Record<"first" | "second", Float32Array> & Partial<Record<ArrayName, Float32Array>>
>;

/** An explanation and the values it shows. Players are numbered patches first, row by row. */
export interface Explanation extends PlayerCounts {
  readonly meta: Meta;
  readonly fields: Fields;
  /** Coefficients and standard errors as Python holds them. */
  readonly arrays: Arrays;
  /** What each token adds on average. */
  readonly firstOrder: Float32Array;
  /** What each pair of tokens adds on average: upper triangle of the matrix, row by row. */
  readonly secondOrder: Float32Array;
  /** Patch pairs × words, then patches × word pairs; empty below third order. */
  readonly triples: Float32Array;
  readonly stderr: StandardErrors;
  readonly rows: number;
  readonly columns: number;
  /** Where in the picture the patches lie, as shares of its width and height. */
  readonly cropBox: CropBox;
  /** Width and height of the picture, or of the grid if there is none; only their ratio matters. */
  readonly size: readonly [width: number, height: number];
  /** Height of a patch in relation to its width. */
  readonly patchAspect: number;
  readonly names: readonly string[];
  /** The names, numbered where several tokens share one: "a (1)", "cat", "a (2)". */
  readonly labels: readonly string[];
  /** Probability of keeping each player. */
  readonly p: Float64Array;
  /** The players of each word, in the order of the caption. */
  readonly words: readonly (readonly number[])[];
}

/** Standard errors of the values shown; null where they were not estimated. */
export interface StandardErrors {
  readonly firstOrder: Float32Array | null;
  readonly secondOrder: Float32Array | null;
  readonly triples: Float32Array | null;
}

const WHOLE: CropBox = [0, 0, 1, 1];

/** Whether the model sees only a part of the picture. */
export function isCropped(box: CropBox): boolean {
  return box.some((edge, index) => edge !== WHOLE[index]);
}

/** Throws if the number of values does not match the number of tokens. */
export function deserialize(meta: Meta, bytes: DataView): Explanation {
  const { fields } = meta;
  const [rows, columns] = fields.grid;
  const counts = { nPatches: rows * columns, nPlayers: fields.tokens.length };
  const arrays = splitArrays(readFloats(bytes), meta.arrays, counts);
  const third = joinAdjacent(arrays.third_image, arrays.third_text);
  const triples = third ?? new Float32Array();
  const [pImage, pText] = typeof fields.p === "number" ? [fields.p, fields.p] : fields.p;
  const p = new Float64Array(counts.nPlayers).fill(pText).fill(pImage, 0, counts.nPatches);
  const cropBox = meta.crop_box ?? WHOLE;
  const size = meta.size ?? ([columns, rows] as const);
  const [left, top, right, bottom] = cropBox;
  const names = fields.tokens.map((token) => token.trim() || "␣");
  return {
    ...counts,
    meta,
    fields,
    arrays,
    ...banzhafValues({ ...counts, first: arrays.first, second: arrays.second, triples, p }),
    triples,
    stderr: {
      firstOrder: arrays.stderr_first_order ?? null,
      secondOrder: (third ? arrays.stderr_second_order : arrays.stderr_second) ?? null,
      triples: joinAdjacent(arrays.stderr_third_image, arrays.stderr_third_text),
    },
    rows,
    columns,
    cropBox,
    size,
    patchAspect: (size[1] * (bottom - top)) / rows / ((size[0] * (right - left)) / columns) || 1,
    names,
    labels: numberDuplicates(names),
    p,
    words: groupWords(meta.joined).map((positions) =>
      positions.map((position) => counts.nPatches + position),
    ),
  };
}

function splitArrays(
  floats: Float32Array,
  names: readonly ArrayName[],
  { nPatches, nPlayers }: PlayerCounts,
): Arrays {
  const nWords = nPlayers - nPatches;
  const lengths: Record<(typeof ARRAYS)[ArrayName], number> = {
    players: nPlayers,
    pairs: pairCount(nPlayers),
    "patch pairs × words": pairCount(nPatches) * nWords,
    "patches × word pairs": nPatches * pairCount(nWords),
  };
  let end = 0;
  const arrays = names.map((name) => {
    const start = end;
    end += lengths[ARRAYS[name]];
    return [name, floats.subarray(start, end)] as const;
  });
  if (end !== floats.length)
    throw new Error(`${floats.length} values do not fit ${nPlayers} tokens, which need ${end}.`);
  return Object.fromEntries(arrays) as unknown as Arrays;
}

/** Two arrays that follow each other in the wire format as one, without a copy; null if one is missing. */
function joinAdjacent(a: Float32Array | undefined, b: Float32Array | undefined): Float32Array | null {
  return a && b ? new Float32Array(a.buffer, a.byteOffset, a.length + b.length) : null;
}

function numberDuplicates(names: readonly string[]): string[] {
  const positionsByName = new Map<string, number[]>();
  for (const [position, name] of names.entries()) {
    positionsByName.set(name, [...(positionsByName.get(name) ?? []), position]);
  }
  const labels = [...names];
  for (const [name, positions] of positionsByName) {
    if (positions.length < 2) continue;
    for (const [k, position] of positions.entries()) labels[position] = `${name} (${k + 1})`;
  }
  return labels;
}

/** Caption positions grouped by word, given for each token whether it continues the word before it. */
export function groupWords(joined: readonly boolean[]): number[][] {
  const words: number[][] = [];
  for (const [position, continues] of joined.entries()) {
    const last = words.at(-1);
    if (continues && last) last.push(position);
    else words.push([position]);
  }
  return words;
}

// The wire format is little-endian, as are all machines that browsers run on. A view that is not aligned to four
// bytes cannot be read in place.
function readFloats({ buffer, byteOffset, byteLength }: DataView): Float32Array {
  if (byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, byteLength / 4);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}
