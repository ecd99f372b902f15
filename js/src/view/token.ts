// What patches and words have in common: a player with a colour, a sign and a number.
import { isUncertain } from "../interactions.js";
import { FULL, signOf, strength } from "../scale.js";
import { amount, type Frame } from "./frame.js";
import { type Reading, readingOf } from "./reading.js";

/** Above this strength the sign is written on the patch as well. */
const SIGNED = 0.5;

export function paint(element: HTMLElement, frame: Frame): Reading {
  const reading = readingOf(element, frame);
  const { name, value, error, players } = reading;
  const share = strength(value, frame.extent);
  const every = (set: ReadonlySet<number>) => players.every((player) => set.has(player));
  const off = every(frame.hidden);
  const uncertain = isUncertain(value, error);
  const said = `${name} ${amount(value, error, frame.digits)} ${frame.explanation.meta.units}`;
  element.dataset.value = String(value);
  element.dataset.sign = signOf(value);
  element.toggleAttribute("data-strong", share >= SIGNED && !uncertain);
  element.toggleAttribute("data-uncertain", uncertain);
  element.toggleAttribute("data-off", off);
  element.toggleAttribute("data-outside", frame.subset !== null && !every(frame.subset.members));
  element.setAttribute("aria-selected", String(every(frame.chosen)));
  element.setAttribute(
    "aria-label",
    [said, ...(uncertain ? ["within its error"] : []), ...(off ? ["switched off"] : [])].join(", "),
  );
  element.style.setProperty("--fixlip-opacity", `${(100 * FULL * share).toFixed(1)}%`);
  return reading;
}
