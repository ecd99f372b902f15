// What a view shows: one number per token, on its own or together with the selected tokens.
import { type Explanation, pairIndex, tripleIndex } from "./deserialize.js";

export interface Shown {
  readonly values: Float64Array;
  /** Standard errors, NaN where unknown. */
  readonly errors: Float64Array;
}

export function attribution({ first, errors, players }: Explanation): Shown {
  return {
    values: Float64Array.from(first),
    errors: errors ? Float64Array.from(errors.first) : new Float64Array(players).fill(Number.NaN),
  };
}

/** Each token's interactions with the selected tokens, summed. */
export function conditional(explanation: Explanation, selected: readonly number[]): Shown {
  const { players, pairs } = explanation;
  const values = new Float64Array(players);
  const errors = new Float64Array(players).fill(Number.NaN);
  // The errors of several interactions are correlated, so that of their sum is not known here.
  const known = selected.length === 1 ? explanation.errors : null;
  for (const other of selected) {
    for (let player = 0; player < players; player++) {
      if (player === other) continue;
      const at = pairIndex(player, other, players);
      values[player] = (values[player] as number) + (pairs[at] as number);
      if (known) errors[player] = known.pairs[at] as number;
    }
  }
  return { values, errors };
}

/** The interactions of every patch with every word. */
export function crossModal({ pairs, patches, players }: Explanation): Float32Array {
  const words = players - patches;
  const found = new Float32Array(patches * words);
  for (let patch = 0; patch < patches; patch++) {
    const from = pairIndex(patch, patches, players);
    found.set(pairs.subarray(from, from + words), patch * words);
  }
  return found;
}

/** What two tokens do together to each third one, beyond their sum; NaN where the fit has no such term. */
export function joint(explanation: Explanation, one: number, two: number): Shown {
  const { players, triples, errors } = explanation;
  const read = (from: Float32Array | undefined) =>
    Float64Array.from({ length: players }, (_, player) => {
      if (player === one || player === two) return Number.NaN;
      return from?.[tripleIndex(one, two, player, explanation)] ?? Number.NaN;
    });
  return { values: read(triples), errors: read(errors?.triples) };
}

/** The value of several tokens taken as one, which is kept and hidden as a whole: of a word and its pieces. */
export function whole(
  explanation: Explanation,
  { values }: Shown,
  pieces: readonly number[],
  alone: boolean,
): number {
  const { pairs, p, players } = explanation;
  let sum = 0;
  for (const [place, piece] of pieces.entries()) {
    sum += values[piece] as number;
    // On its own a word also has what its pieces do with each other, which is partly counted already.
    for (const other of alone ? pieces.slice(place + 1) : []) {
      const counted = (p[piece] as number) + (p[other] as number);
      sum += (1 - counted) * (pairs[pairIndex(piece, other, players)] as number);
    }
  }
  return sum;
}

/** Whether a value could as well be zero, for all that is known. */
export function isUncertain(value: number, error: number): boolean {
  return Math.abs(value) < error;
}

/** One value of the ranking: of a token, or of two tokens together. */
export interface Entry {
  readonly players: readonly number[];
  readonly value: number;
  readonly error: number;
}

/** One entry for each player. */
export function entriesOf({ values, errors }: Shown): Entry[] {
  return Array.from(values, (value, player) => ({
    players: [player],
    value,
    error: errors[player] as number,
  }));
}

/** The entries furthest from zero, strongest first, without those of players in `except`. */
export function strongest(entries: readonly Entry[], count: number, except: ReadonlySet<number>): Entry[] {
  const size = ({ value }: Entry) => Math.abs(value);
  return entries
    .filter((entry) => size(entry) > 0 && !entry.players.some((player) => except.has(player)))
    .sort((a, b) => size(b) - size(a))
    .slice(0, count);
}
