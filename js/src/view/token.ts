// What patches and words have in common: players with a number, which may be selected or switched off.
import { isUncertain } from "../interactions.js";
import { amount, type Frame } from "./frame.js";
import { type Reading, read } from "./reading.js";

export interface Token {
  readonly element: HTMLElement;
  /** Marks it by what is true of its players, alone or as one word, and by their value. */
  mark(players: readonly number[], frame: Frame): Reading;
  /** Says their value in words, for those who do not see colours. */
  spell(players: readonly number[], frame: Frame): Reading;
}

export function createToken(element: HTMLElement): Token {
  const written: Record<string, string | null> = {};
  const write = (name: string, value: string | null) => {
    if ((written[name] ?? null) === value) return;
    written[name] = value;
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  };
  const flag = (name: string, on: boolean) => write(name, on ? "" : null);

  return {
    element,
    mark(players, frame) {
      const every = (set: ReadonlySet<number>) => players.every((player) => set.has(player));
      flag("data-off", every(frame.hidden));
      flag("data-outside", frame.subset !== null && !every(frame.subset.members));
      write("aria-selected", String(every(frame.chosen)));
      const reading = read(players, frame);
      write("data-value", String(reading.value));
      return reading;
    },
    spell(players, frame) {
      const reading = read(players, frame);
      const { name, value, error } = reading;
      const said = `${name} ${amount(value, error, frame.digits)} ${frame.explanation.meta.units}`;
      const doubt = isUncertain(value, error) ? ", within its error" : "";
      const off = players.every((player) => frame.hidden.has(player)) ? ", switched off" : "";
      write("aria-label", said + doubt + off);
      return reading;
    },
  };
}
