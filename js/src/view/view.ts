// One explanation on a page: builds its parts once, then only repaints them.

import { FULL } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import type { Format } from "../export/files.js";
import type { Measured, Mode } from "../model.js";
import type { State } from "../selection.js";
import type { Adjust, Effect, Look } from "../settings.js";
import { createActions } from "./actions.js";
import { afterPaint } from "./after-paint.js";
import { createBars } from "./bars.js";
import { createCaption } from "./caption.js";
import { createCuttings } from "./cuttings.js";
import { make } from "./dom.js";
import { type Act, canJoin, company, type Frame, frameOf, interacts, offers, previewOf } from "./frame.js";
import { listen } from "./gestures.js";
import { createHeader } from "./header.js";
import { hold } from "./hold.js";
import { hintOf, titleOf } from "./labels.js";
import { createLegend } from "./legend.js";
import { createWeave } from "./link-overlay.js";
import { createLinkPanel } from "./link-panel.js";
import { createMenu } from "./menu.js";
import { createPicture } from "./picture.js";
import { createPreview } from "./preview.js";
import { playersOf } from "./reading.js";
import { createSubsetPanel } from "./subset-panel.js";
import { sweep } from "./sweep.js";
import { createToggle } from "./toggle.js";
import { createTooltip } from "./tooltip.js";
import { createWhatIf } from "./what-if.js";

/** With more tokens than this, a view opens with their colours alone. */
const SMALL = 200;
const MODES: readonly Mode[] = ["attribution", "conditional", "links", "subset"];

export interface View {
  update(state: State, look: Look, measured: Measured | null): void;
}

export interface Actions {
  readonly act: Act;
  readonly adjust: Adjust;
  readonly step: (way: "undo" | "redo") => void;
  readonly save: (format: Format, body: HTMLElement) => Promise<void>;
  /** Says that the view cannot be drawn. */
  readonly fail: (error: unknown) => void;
}

/** Fills `root`, whose listeners live as long as `signal`. */
export function createView(
  root: HTMLElement,
  explanation: Explanation,
  picture: string,
  { act, adjust, step, save, fail }: Actions,
  peers: readonly Explanation[],
  signal: AbortSignal,
): View {
  root.style.setProperty("--fixlip-full", `${100 * FULL}%`);
  let frame: Frame;
  /** What the tokens show: the frame, or a preview. */
  let seen: Frame;
  let pointedAt: HTMLElement | null = null;
  /** The frame that all parts show, and what the ranking and the legend do. */
  let drawn: Frame | null = null;
  let ranked: Frame | null = null;
  /** All that stand for the tokens pointed at. */
  let twins: Element[] = [];

  const modes = createToggle<Mode>("view", MODES, (mode) => act({ kind: "view", mode }));
  const title = make("div", "title", { "aria-live": "polite" });
  const hint = make("div", "hint");
  const actions = createActions(act);
  const effects = createToggle<Effect>("of the two", ["sum", "joint"], (effect) => adjust({ effect }));
  const [grid, caption, bars] = [
    createPicture(explanation, picture, act),
    createCaption(explanation, act),
    createBars(explanation, act),
  ];
  const tokens = [...grid.tokens, ...caption.tokens];
  const weave = createWeave(tokens);
  const panels = [createLinkPanel(adjust), createSubsetPanel(explanation, adjust, act)];
  const whatIf = createWhatIf(explanation, act);
  const menu = createMenu(explanation, adjust, (format) => save(format, body));
  const boards = [grid, caption];
  const parts = [weave, whatIf, menu, actions, ...panels];
  const legend = createLegend(adjust);
  const tooltip = createTooltip(root, explanation);
  const panelled = panels.map((panel) => panel.element);
  const side = make(
    "div",
    "side",
    {},
    modes.element,
    title,
    effects.element,
    bars.element,
    ...panelled,
    hint,
    actions.element,
    legend.element,
  );
  side.hidden = true;
  const body = make(
    "div",
    "body",
    {},
    createHeader(explanation.meta),
    grid.element,
    weave.element,
    caption.element,
    whatIf.element,
    side,
    menu.element,
  );
  root.replaceChildren(body, tooltip.element, createCuttings(root, picture));

  function point(target: HTMLElement | null): void {
    for (const twin of twins) twin.classList.remove("fixlip-pointed");
    pointedAt = target;
    const players = target ? playersOf(target) : [];
    twins = players.map((player) => tokens[player] as HTMLElement);
    if (target && players.length > 0) {
      twins.push(...side.querySelectorAll(`[data-bar="${players.join(" ")}"]`));
      for (const twin of twins) twin.classList.add("fixlip-pointed");
      tooltip.show(target, frame);
    } else tooltip.hide();
    weave.point(players);
    legend.point(seen, players.length === 1 ? (players[0] as number) : null);
  }

  const preview = createPreview((players, selected) => {
    const now = players ? previewOf(frame, players, selected) : frame;
    colour(now);
  });
  listen(root, signal, {
    act,
    point,
    // What a bar stands for must not change under the pointer.
    linger: (target) => preview.linger(target?.dataset.player && isIdle(frame) ? playersOf(target) : null),
    step,
    state: () => frame,
  });
  hold(root, act, signal);
  sweep({ grid: grid.element, between: grid.between, act, preview: preview.show }, signal);
  signal.addEventListener("abort", () => preview.stop(), { once: true });
  // Links join elements wherever they are; their places change with the width.
  const resized = new ResizeObserver(() => drawn && weave.update(drawn));
  resized.observe(body);
  signal.addEventListener("abort", () => resized.disconnect(), { once: true });

  // Colours first: words, digits and all that stands beside them come a frame later, and always of the newest.
  const follow = afterPaint(() => {
    try {
      elaborate();
    } catch (error) {
      fail(error);
    }
  }, signal);

  function colour(now: Frame): void {
    seen = now;
    for (const board of boards) board.update(now);
    // A small view opens whole.
    if (!drawn && explanation.players <= SMALL) {
      elaborate();
      return;
    }
    root.setAttribute("aria-busy", "true");
    follow();
  }

  function elaborate(): void {
    for (const board of boards) board.spell(seen);
    title.textContent = seen === frame ? titleOf(frame) : `with ${company(seen)}`;
    root.removeAttribute("aria-busy");
    if (ranked !== seen) {
      ranked = seen;
      bars.update(seen);
      legend.update(seen);
    }
    if (drawn !== frame) {
      drawn = frame;
      side.hidden = false;
      for (const part of parts) part.update(frame);
      modes.update(frame.mode, ...MODES.filter((mode) => !offers(explanation, mode, frame.selected)));
      effects.element.hidden = frame.mode !== "conditional" || !canJoin(explanation, frame.selected);
      effects.update(frame.look.effect);
      hint.textContent = hintOf(frame);
    }
    point(pointedAt);
  }

  return {
    update(state, look, measured) {
      preview.stop();
      frame = frameOf(explanation, state, look, measured, peers);
      root.dataset.mode = frame.mode;
      root.style.setProperty("--fixlip-overlay", String(look.overlay));
      colour(frame);
    },
  };
}

/** Whether there is room for a preview: nothing else is asked. */
function isIdle({ mode, selected, explanation }: Frame): boolean {
  return interacts(explanation) && mode === "attribution" && selected.length === 0;
}
