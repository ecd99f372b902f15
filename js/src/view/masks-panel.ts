// Masked inputs side by side, each with the model's own similarity and the one that the explanation predicts.
import type { Explanation } from "../deserialize.js";
import {
  EXAMPLE_ORDERS,
  type Example,
  type ExampleOrder,
  errorOf,
  examplesBy,
  rSquared,
} from "../examples.js";
import { formatPlain, formatSigned } from "../format.js";
import type { ChangeSettings } from "../settings.js";
import { createButton, createToggle } from "./controls.js";
import { make } from "./dom.js";
import type { Component, Frame } from "./frame.js";
import { createMaskedPicture } from "./masked-picture.js";
import { createScatter } from "./scatter.js";
import { termAttributes } from "./sentences.js";

/** Examples side by side; the others are on further pages. */
const CARDS = 6;

export function createMasksPanel(explanation: Explanation, changeSettings: ChangeSettings): Component {
  const { fields } = explanation;
  let page = 0;
  const show = (position: number) => changeSettings({ masks: { position } });
  const order = createToggle<ExampleOrder>("show", EXAMPLE_ORDERS, (choice) =>
    changeSettings({ masks: { order: choice, position: 0 } }),
  );
  // Made when they are first shown: with long captions they are many elements.
  const createCards = () =>
    Array.from({ length: CARDS }, (_, place) => createCard(explanation, () => show(page * CARDS + place)));
  let cards: ReturnType<typeof createCards> = [];
  const gallery = make("div", "gallery");
  let current = { position: 0, count: 0 };
  const step = (by: number) => show((current.position + by + current.count) % current.count);
  const place = make("span", "place");
  const steps = make(
    "div",
    "steps",
    {},
    createButton("‹ previous", () => step(-1)),
    place,
    createButton("next ›", () => step(1)),
  );
  const facts = ["predicted", "model"].map((term) => make("span", "fact", termAttributes(term as "model")));
  const error = make("span", "fact");
  const fit = make("div", "fit", termAttributes("R²"));
  const scatter = createScatter(show);
  const answer = make("div", "masked-answer", {}, ...facts, error, fit);
  const element = make(
    "div",
    "panel",
    {},
    order.element,
    gallery,
    steps,
    make("div", "comparison-of-values", {}, answer, scatter.element),
  );

  function update({ example, settings }: Frame): void {
    element.hidden = example === null;
    if (!example) return;
    if (cards.length === 0) {
      cards = createCards();
      gallery.append(...cards.map((card) => card.element));
    }
    const { list, position } = example;
    current = { position, count: list.length };
    page = Math.floor(position / CARDS);
    order.update(settings.masks.order);
    for (const [index, card] of cards.entries()) {
      const at = page * CARDS + index;
      card.update(list[at], at === position);
    }
    place.textContent = `${position + 1} of ${list.length}`;
    const shown = list[position] as Example;
    const [predicted, model] = facts as [HTMLElement, HTMLElement];
    setFact(predicted, "predicted", formatPlain(shown.predicted, 2));
    setFact(model, "model", formatPlain(shown.measured, 2));
    setFact(error, "difference", formatSigned(errorOf(shown), 2));
    const drawn = examplesBy(explanation)["at random"];
    fit.hidden = settings.masks.order === "one for each p";
    fit.textContent = `R² ${formatPlain(rSquared(drawn), 2)} on the ${drawn.length} at random`;
    scatter.update(list, [fields.empty_value, fields.full_value], position);
  }

  return { element, update };
}

function setFact(element: HTMLElement, label: string, number: string): void {
  element.replaceChildren(`${label} `, make("b", "figure", {}, number), " ");
}

/** A masked input: the picture, the caption and both similarities. */
function createCard(explanation: Explanation, onClick: () => void) {
  const { nPatches, names, words } = explanation;
  const picture = createMaskedPicture(explanation);
  const level = make("span", "level");
  const pieces = names.slice(nPatches).map((name) => make("span", "piece", {}, name));
  // The tokens of a word stand together, as they do in the caption.
  const caption = make("bdi", "masked-caption");
  for (const word of words)
    caption.append(...word.map((player) => pieces[player - nPatches] as HTMLElement), " ");
  const [model, predicted] = [make("b", "figure"), make("b", "figure")];
  const values = make(
    "span",
    "card-values",
    {},
    "model ",
    model,
    make("br", "line-end"),
    "predicted ",
    predicted,
  );
  const element = make("button", "card", { type: "button" }, picture.element, caption, level, values);
  element.addEventListener("click", onClick);

  return {
    element,
    update(example: Example | undefined, isCurrent: boolean): void {
      element.hidden = example === undefined;
      if (!example) return;
      element.setAttribute("aria-pressed", String(isCurrent));
      picture.update(example.hidden);
      for (const [position, piece] of pieces.entries())
        piece.toggleAttribute("data-off", example.hidden.has(nPatches + position));
      level.textContent = example.level === null ? "" : `p ${example.level}`;
      model.textContent = formatPlain(example.measured, 1);
      predicted.textContent = formatPlain(example.predicted, 1);
      element.setAttribute("aria-description", keptBy(example, explanation));
    },
  };
}

/** What a mask keeps, for those who do not see what is blank and struck out. */
function keptBy({ hidden }: Example, { nPatches, nPlayers, names }: Explanation): string {
  const kept = Array.from({ length: nPlayers }, (_, player) => player).filter(
    (player) => !hidden.has(player),
  );
  const words = kept.filter((player) => player >= nPatches).map((player) => names[player]);
  const caption = words.length > 0 ? `“${words.join(" ")}”` : "no word";
  return `keeps ${kept.length - words.length} of ${nPatches} patches and ${caption}`;
}
