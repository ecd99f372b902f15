// What patches and words have in common: a player with a colour, a sign and a number.
import { FULL, signOf, strength } from "../scale.js";
import { amount, type Frame } from "./frame.js";

/** Above this strength the sign is written on the patch as well. */
const SIGNED = 0.5;

export function paint(element: HTMLElement, player: number, frame: Frame): void {
  const value = frame.values[player] as number;
  const error = frame.errors[player] as number;
  const share = strength(value, frame.extent);
  const { meta, names } = frame.explanation;
  element.dataset.value = String(value);
  element.dataset.sign = signOf(value);
  element.toggleAttribute("data-strong", share >= SIGNED);
  element.setAttribute("aria-selected", String(frame.chosen.has(player)));
  element.toggleAttribute("data-outside", frame.subset !== null && !frame.subset.members.has(player));
  const off = frame.hidden.has(player);
  element.toggleAttribute("data-off", off);
  const said = `${names[player]} ${amount(value, error, frame.digits)} ${meta.units}`;
  element.setAttribute("aria-label", off ? `${said}, switched off` : said);
  element.style.setProperty("--fixlip-opacity", `${(100 * FULL * share).toFixed(1)}%`);
}
