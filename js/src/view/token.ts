// Elements that stand for tokens: the players each stands for, and the value and state it shows. A patch or caption
// token has `data-player`; a token of a word shown as one has `data-word` too; a bar has `data-bar`.
import type { Explanation } from "../deserialize.js";
import { formatEstimate, formatSigned } from "../format.js";
import { pairIndex } from "../indices.js";
import { type Estimate, isUncertain, wordValue } from "../interactions.js";
import type { Frame } from "./frame.js";

/** The closest element around an event's target that stands for tokens. */
export function tokenAt(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest<HTMLElement>("[data-player], [data-bar]") ?? null;
}

/** All tokens of the word if it is shown as one; both tokens of a link. */
export function playersOf({ dataset }: HTMLElement): number[] {
  return (dataset.word ?? dataset.player ?? dataset.bar ?? "").split(" ").filter(Boolean).map(Number);
}

export interface NamedEstimate extends Estimate {
  readonly name: string;
}

/** The value of one token, or of a word of several. */
export function tokenEstimate(players: readonly number[], frame: Frame): NamedEstimate {
  const { values, stderr, explanation } = frame;
  if (players.length > 1) {
    const value = wordValue(explanation, frame, players, frame.kind);
    return { players, name: joinLabels(explanation, players, ""), value, stderr: Number.NaN };
  }
  const [player] = players as [number];
  return {
    players,
    name: explanation.labels[player] as string,
    value: values[player] as number,
    stderr: stderr[player] as number,
  };
}

/**
 * The selected token does not interact with itself; what it shows is its own attribution, in brackets. Null for all
 * other tokens and modes, and where several are selected, which interact with each other.
 */
export function ownAttribution(players: readonly number[], frame: Frame): number | null {
  const { kind, isJoint, selectedSet, explanation } = frame;
  const isOnly = selectedSet.size === players.length && players.every((player) => selectedSet.has(player));
  if (kind !== "interaction" || isJoint || !isOnly) return null;
  const values = Float64Array.from(explanation.firstOrder);
  if (players.length === 1) return values[players[0] as number] as number;
  return wordValue(explanation, { values, stderr: values }, players, "mean");
}

/** The value that an element shows: of a token, of a word, or of the link between two tokens. */
export function elementEstimate(element: HTMLElement, frame: Frame): NamedEstimate {
  const players = playersOf(element);
  return players.length < 2 || element.dataset.word
    ? tokenEstimate(players, frame)
    : linkEstimate(players, frame);
}

/** The interaction of two players. */
export function linkEstimate(players: readonly number[], { explanation }: Frame): NamedEstimate {
  const [from, to] = players as [number, number];
  const index = pairIndex(from, to, explanation.nPlayers);
  return {
    players,
    name: joinLabels(explanation, players, " · "),
    value: explanation.secondOrder[index] as number,
    stderr: explanation.stderr.secondOrder?.[index] ?? Number.NaN,
  };
}

function joinLabels({ labels }: Explanation, players: readonly number[], separator: string): string {
  return players.map((player) => labels[player]).join(separator);
}

/** The attributes that patches and caption tokens have in common. */
export interface Token {
  readonly element: HTMLElement;
  /** Marks it as selected, hidden or outside the subset if all `players` are, and sets their value. */
  updateState(players: readonly number[], frame: Frame): NamedEstimate;
  /** Sets the label that screen readers announce. */
  updateText(players: readonly number[], frame: Frame): NamedEstimate;
}

export function createToken(element: HTMLElement): Token {
  // Writing an unchanged attribute would cost as much as a changed one.
  const written: Record<string, string | null> = {};
  const write = (name: string, value: string | null) => {
    if ((written[name] ?? null) === value) return;
    written[name] = value;
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  };
  const writeFlag = (name: string, on: boolean) => write(name, on ? "" : null);

  return {
    element,
    updateState(players, frame) {
      const allIn = (set: ReadonlySet<number>) => players.every((player) => set.has(player));
      writeFlag("data-off", allIn(frame.blank));
      writeFlag("data-outside", frame.subset !== null && !allIn(frame.subset.members));
      write("aria-selected", String(allIn(frame.selectedSet)));
      const estimate = tokenEstimate(players, frame);
      write("data-value", String(estimate.value));
      return estimate;
    },
    updateText(players, frame) {
      const estimate = tokenEstimate(players, frame);
      const { name, value, stderr } = estimate;
      const own = ownAttribution(players, frame);
      const number =
        own === null ? formatEstimate(value, stderr, frame.digits) : formatSigned(own, frame.digits);
      const text = `${own === null ? "" : "alone "}${number} ${frame.explanation.fields.units}`;
      const uncertainty = own === null && isUncertain(value, stderr) ? ", within its error" : "";
      const off = players.every((player) => frame.blank.has(player)) ? offName(frame) : "";
      write("aria-label", `${name} ${text}${uncertainty}${off}`);
      return estimate;
    },
  };
}

function offName({ example }: Frame): string {
  return example ? ", hidden" : ", switched off";
}
