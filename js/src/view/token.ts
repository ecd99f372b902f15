// What patches and words have in common: players with a colour, a sign and a number.
import { isUncertain } from "../interactions.js";
import { signOf, strength } from "../scale.js";
import { amount, type Frame } from "./frame.js";
import { type Reading, read } from "./reading.js";

/** Above this strength the sign is written on the patch as well, if there is colour enough to be told. */
const SIGNED = 0.5;
const FAINT = 0.25;
/** Steps from clear to the full colour; their opacities are those of `heat.css`. */
const STEPS = 24;

export interface Token {
  readonly element: HTMLElement;
  /** Colours it by what its players' values say, alone or as one word. */
  paint(players: readonly number[], frame: Frame): void;
  /** Says the same by a sign and in words, for those who do not see colours. */
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
    paint(players, frame) {
      const { value, error } = read(players, frame);
      const every = (set: ReadonlySet<number>) => players.every((player) => set.has(player));
      write("data-value", String(value));
      write("data-sign", signOf(value));
      write("data-heat", String(Math.round(STEPS * strength(value, frame.extent))));
      flag("data-uncertain", isUncertain(value, error));
      flag("data-off", every(frame.hidden));
      flag("data-outside", frame.subset !== null && !every(frame.subset.members));
      write("aria-selected", String(every(frame.chosen)));
    },
    spell(players, frame) {
      const reading = read(players, frame);
      const { name, value, error } = reading;
      const said = `${name} ${amount(value, error, frame.digits)} ${frame.explanation.meta.units}`;
      const uncertain = isUncertain(value, error);
      const doubt = uncertain ? ", within its error" : "";
      const off = players.every((player) => frame.hidden.has(player)) ? ", switched off" : "";
      write("aria-label", said + doubt + off);
      const strong = strength(value, frame.extent) >= SIGNED && frame.look.overlay > FAINT;
      flag("data-strong", strong && !uncertain && frame.mode !== "subset");
      return reading;
    },
  };
}
