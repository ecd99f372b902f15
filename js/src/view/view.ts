// One explanation on a page: builds its parts once, then only repaints them.
import type { Explanation } from "../data.js";
import type { Adjust, Look } from "../look.js";
import type { Measured, Mode } from "../model.js";
import type { State } from "../selection.js";
import { createBars } from "./bars.js";
import { createCaption } from "./caption.js";
import { make } from "./dom.js";
import { type Act, type Frame, frameOf } from "./frame.js";
import { listen, playersOf } from "./gestures.js";
import { createHeader } from "./header.js";
import { createLegend } from "./legend.js";
import { createLinkPanel } from "./link-panel.js";
import { createPicture } from "./picture.js";
import { createSubsetPanel } from "./subset-panel.js";
import { createToggle } from "./toggle.js";
import { createTooltip } from "./tooltip.js";
import { createWeave } from "./weave.js";
import { createWhatIf } from "./what-if.js";
import { hintOf, titleOf } from "./words.js";

const MODES: readonly Mode[] = ["attribution", "conditional", "links", "subset"];

export interface View {
  update(state: State, look: Look, measured: Measured | null): void;
}

export interface Actions {
  readonly act: Act;
  readonly adjust: Adjust;
  readonly step: (way: "undo" | "redo") => void;
}

/** Fills `root`, whose listeners live as long as `signal`. */
export function createView(
  root: HTMLElement,
  explanation: Explanation,
  picture: string,
  { act, adjust, step }: Actions,
  signal: AbortSignal,
): View {
  let frame: Frame;
  let pointedAt: HTMLElement | null = null;

  const modes = createToggle<Mode>("view", MODES, (mode) => act({ kind: "view", mode }));
  const title = make("div", "title", { "aria-live": "polite" });
  const hint = make("div", "hint");
  const [grid, caption, bars] = [
    createPicture(explanation, picture, act),
    createCaption(explanation, act),
    createBars(explanation, act),
  ];
  const weave = createWeave([...grid.tokens, ...caption.tokens]);
  const panels = [createLinkPanel(adjust), createSubsetPanel(explanation, adjust, act)];
  const whatIf = createWhatIf(explanation, act);
  const parts = [grid, caption, bars, weave, whatIf, ...panels];
  const legend = createLegend(adjust);
  const tooltip = createTooltip(root);
  const panelled = panels.map((panel) => panel.element);
  const side = make("div", "side", {}, modes.element, title, bars.element, ...panelled, hint, legend.element);
  const body = make(
    "div",
    "body",
    {},
    createHeader(explanation.meta),
    grid.element,
    caption.element,
    whatIf.element,
    side,
    weave.element,
  );
  root.replaceChildren(body, tooltip.element);
  if (picture) root.style.setProperty("--fixlip-picture", `url("${picture}")`);
  else root.style.removeProperty("--fixlip-picture");

  function point(target: HTMLElement | null): void {
    for (const old of root.querySelectorAll(".fixlip-pointed")) old.classList.remove("fixlip-pointed");
    pointedAt = target;
    const players = target ? playersOf(target) : [];
    if (target && players.length > 0) {
      const twins = players.map((player) => `[data-player="${player}"]`);
      for (const twin of root.querySelectorAll([...twins, `[data-bar="${players.join(" ")}"]`].join())) {
        twin.classList.add("fixlip-pointed");
      }
      tooltip.show(target, players, frame);
    } else tooltip.hide();
    weave.point(players);
    legend.update(frame, players.length === 1 ? (players[0] as number) : null);
  }

  listen(root, signal, { act, point, step, state: () => frame });
  // Links join elements wherever they are; their places change with the width.
  const resized = new ResizeObserver(() => weave.update(frame));
  resized.observe(body);
  signal.addEventListener("abort", () => resized.disconnect(), { once: true });

  return {
    update(state, look, measured) {
      frame = frameOf(explanation, state, look, measured);
      root.dataset.mode = frame.mode;
      for (const part of parts) part.update(frame);
      modes.update(frame.mode, ...(frame.selected.length === 0 ? (["conditional"] as const) : []));
      title.textContent = titleOf(frame);
      hint.textContent = hintOf(frame);
      point(pointedAt);
    },
  };
}
