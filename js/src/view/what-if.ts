// What if these tokens were not there? What the explanation predicts and, where a kernel answers, what the model says.

import { plain, signed } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { predict } from "../surrogate.js";
import { make, svg } from "./dom.js";
import { type Act, type Frame, namesOf, type Part, predicts } from "./frame.js";

/** Answers of the model that stay in sight. */
const REMEMBERED = 60;
/** Two names nearer than this share of the line need two rows. */
const NAMES_APART = 0.35;

export function createWhatIf(explanation: Explanation, act: Act): Part {
  const title = make("span", "without");
  const back = make("button", "button", { type: "button" }, "bring back");
  back.addEventListener("click", () => act({ kind: "restore" }));
  const predicted = make("b", "figure");
  const change = make("span", "change");
  const measured = make("b", "figure");
  const model = make("span", "fact", {}, "model ", measured);
  const marks = { empty: mark("empty"), full: mark("everything"), predicted: mark(""), measured: mark("") };
  marks.predicted.classList.add("fixlip-predicted");
  marks.measured.classList.add("fixlip-measured");
  const scatter = createScatter(explanation);
  const fact = make("span", "fact", {}, "predicted ", predicted, " ", change);
  const line = make("div", "line", { "aria-hidden": true }, make("span", "rail"), ...Object.values(marks));
  const element = make(
    "div",
    "what-if",
    { role: "status", hidden: "" },
    make("div", "question", {}, title, back),
    make("div", "answer", {}, fact, model),
    line,
    scatter.element,
  );

  return {
    element,
    update({ explanation, hidden, measured: answer }: Frame) {
      element.hidden = hidden.size === 0;
      if (element.hidden) return;
      fact.hidden = line.hidden = !predicts(explanation);
      const { empty } = explanation.meta;
      const value = empty + predict(explanation, hidden);
      const all = empty + predict(explanation, new Set());
      title.textContent = `without ${namesOf(explanation, [...hidden])}`;
      predicted.textContent = plain(value, 2);
      change.textContent = `(${signed(value - all, 2)} from ${plain(all, 2)} with everything)`;
      model.hidden = answer === null;
      measured.textContent = answer === null ? "" : plain(answer, 2);

      const ends = [empty, all, value, answer ?? value];
      const [low, high] = [Math.min(...ends), Math.max(...ends)];
      const place = (element: HTMLElement, at: number | null) => {
        element.hidden = at === null;
        if (at !== null) element.style.setProperty("--fixlip-at", String((at - low) / (high - low || 1)));
      };
      place(marks.empty, empty);
      place(marks.full, all);
      const apart = Math.abs(all - empty) / (high - low || 1);
      marks.full.toggleAttribute("data-close", apart < NAMES_APART);
      place(marks.predicted, value);
      place(marks.measured, answer);
      if (answer !== null && predicts(explanation)) scatter.add([...hidden].sort().join(), value, answer);
    },
  };
}

function mark(label: string): HTMLElement {
  return make("span", "mark", {}, make("span", "mark-name", {}, label));
}

/** Predicted against measured, for every question so far; on the diagonal the explanation is right. */
function createScatter({ meta }: Explanation) {
  const asked = new Map<string, readonly [predicted: number, measured: number]>();
  const dots = svg("g");
  const diagonal = svg("path", { d: "M0 1L1 0", "vector-effect": "non-scaling-stroke" });
  const figure = svg("svg", { viewBox: "-0.05 -0.05 1.1 1.1", role: "img" }, diagonal, dots);
  figure.setAttribute("aria-label", "the model's answers against those predicted");
  const element = make(
    "div",
    "scatter",
    { hidden: "" },
    figure,
    make("span", "axis", {}, "model against predicted"),
  );

  return {
    element,
    add(question: string, predicted: number, measured: number): void {
      asked.delete(question);
      asked.set(question, [predicted, measured]);
      if (asked.size > REMEMBERED) asked.delete(asked.keys().next().value as string);
      element.hidden = asked.size < 2;
      const all = [...asked.values()].flat().concat(meta.empty, meta.similarity);
      const [low, high] = [Math.min(...all), Math.max(...all)];
      const share = (value: number) => (value - low) / (high - low || 1);
      dots.replaceChildren(
        ...Array.from(asked.values(), ([x, y]) =>
          svg("circle", { cx: share(x), cy: 1 - share(y), r: 0.035 }),
        ),
      );
      dots.lastElementChild?.setAttribute("class", "fixlip-latest");
    },
  };
}
