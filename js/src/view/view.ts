// The view of one explanation: creates its components once and renders every change into them.
import { OWN } from "../alignment.js";
import { MAX_OPACITY } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { copy } from "../export/clipboard.js";
import type { FigureOptions } from "../export/figure.js";
import type { Format } from "../export/files.js";
import type { HistoryDirection } from "../history.js";
import type { Measurement } from "../model.js";
import { MODES, type Mode } from "../modes.js";
import type { Dispatch, SelectionState } from "../selection.js";
import {
  ATTRIBUTION_KINDS,
  type AttributionKind,
  type ChangeSettings,
  type Effect,
  type ViewSettings,
} from "../settings.js";
import { createBars } from "./bars.js";
import { createCaption } from "./caption.js";
import { createButton, createSelectionButtons, createToggle } from "./controls.js";
import { afterPaint, make } from "./dom.js";
import {
  createFrame,
  createPreviewFrame,
  type Frame,
  hasInteractions,
  hasJointEffect,
  isModeAvailable,
} from "./frame.js";
import { createHeader } from "./header.js";
import { MAX_SIGNED_COLUMNS } from "./heatmap.js";
import { addShortcuts } from "./keyboard.js";
import { hintFor, selectionLabel, titleFor } from "./labels.js";
import { createLegend } from "./legend.js";
import { createLinkOverlay } from "./link-overlay.js";
import { createLinkPanel } from "./link-panel.js";
import { createMasksPanel } from "./masks-panel.js";
import { createMatrixPanel } from "./matrix-panel.js";
import { createMenu } from "./menu.js";
import { addOriginal, createPicture } from "./picture.js";
import { addDragSelect, addLongPress, addPointerListeners, createPreview } from "./pointer.js";
import { strongestSentence } from "./sentences.js";
import { createStory } from "./story.js";
import { createSubsetPanel } from "./subset-panel.js";
import { createThumbnailStyle } from "./thumbnails.js";
import { playersOf } from "./token.js";
import { addTermTips, createTooltip } from "./tooltip.js";
import { createWhatIf } from "./what-if.js";

/** Up to this many tokens, the first rendering is complete; beyond that, text follows the colours. */
const MAX_TOKENS_AT_ONCE = 200;
const SELECT_FIRST = "conditional: click a patch or a word first";

export interface View {
  update(state: SelectionState, settings: ViewSettings, measured: Measurement | null): void;
}

/** Callbacks that `mount` connects to the model. */
export interface ViewCallbacks {
  readonly dispatch: Dispatch;
  readonly changeSettings: ChangeSettings;
  readonly stepHistory: (direction: HistoryDirection) => void;
  readonly save: (format: Format, body: HTMLElement, figure?: FigureOptions) => Promise<void>;
  /** Called when a deferred rendering throws. */
  readonly fail: (error: unknown) => void;
}

/** Fills `root`. Listeners are removed when `signal` aborts. */
export function createView(
  root: HTMLElement,
  explanation: Explanation,
  picture: string,
  { dispatch, changeSettings, stepHistory, save, fail }: ViewCallbacks,
  peers: readonly Explanation[],
  signal: AbortSignal,
): View {
  root.style.setProperty("--fixlip-max-opacity", `${100 * MAX_OPACITY}%`);
  let frame: Frame;
  /** What the tokens show: `frame`, or a preview. */
  let tokenFrame: Frame;
  /** What bars and legend show, which follow the tokens. */
  let barsFrame: Frame | null = null;
  /** What all other components show, which do not follow a preview. */
  let renderedFrame: Frame | null = null;
  let highlightTarget: HTMLElement | null = null;
  /** The mode that is marked and those that are not available; writing them unchanged would cost as much as a change. */
  let renderedModes = "";
  /** The elements of the highlighted tokens: patches or words, and their bars. */
  let highlighted: Element[] = [];

  const modes = createToggle<Mode>("view", MODES, (mode) => dispatch({ kind: "setMode", mode }));
  const title = make("div", "title", { "aria-live": "polite" });
  const hint = make("div", "hint");
  const selectionButtons = createSelectionButtons(dispatch);
  const effects = createToggle<Effect>("of the two", ["sum", "joint"], (effect) =>
    changeSettings({ effect }),
  );
  const attributionKinds = createToggle<AttributionKind>("attributions", ATTRIBUTION_KINDS, (choice) =>
    changeSettings({ attribution: choice }),
  );
  const image = createPicture(explanation, picture, dispatch);
  const caption = createCaption(explanation, dispatch);
  const bars = createBars([{ explanation, alignment: OWN }], dispatch);
  const tokens = [...image.tokens, ...caption.tokens];
  const story = createStory(explanation, tokens, dispatch);
  const linkOverlay = createLinkOverlay(tokens);
  const linkPanel = createLinkPanel(changeSettings);
  const subsetPanel = createSubsetPanel(explanation, changeSettings, dispatch);
  const masksPanel = createMasksPanel(explanation, changeSettings);
  const matrixPanel = createMatrixPanel(explanation, dispatch, point);
  const whatIf = createWhatIf(explanation, dispatch);
  const menu = createMenu(
    explanation,
    changeSettings,
    (format, figure) => save(format, body, figure),
    (what) => copy(what, frame, body),
  );
  const original = make("button", "button", {
    type: "button",
    title: "Hold to see the picture as it is; or hold O",
  });
  original.textContent = "hold for original";
  original.hidden = !picture;
  const enlarge = createButton("enlarge", () => changeSettings({ enlarged: !frame.settings.enlarged }));
  enlarge.hidden = explanation.columns <= MAX_SIGNED_COLUMNS;
  const legend = createLegend(changeSettings, [original, enlarge]);
  const tooltip = createTooltip(root, explanation);
  const tokenComponents = [image, caption];
  const components = [
    story,
    linkOverlay,
    whatIf,
    menu,
    selectionButtons,
    linkPanel,
    subsetPanel,
    masksPanel,
    matrixPanel,
  ];
  const side = make(
    "div",
    "side",
    {},
    modes.element,
    title,
    attributionKinds.element,
    effects.element,
    bars.element,
    linkPanel.element,
    subsetPanel.element,
    masksPanel.element,
    matrixPanel.element,
    hint,
    selectionButtons.element,
    legend.element,
  );
  side.hidden = true;
  const body = make(
    "div",
    "body",
    {},
    make("div", "top", {}, createHeader(explanation.meta), story.element),
    image.element,
    linkOverlay.element,
    caption.element,
    whatIf.element,
    side,
    menu.element,
  );
  root.replaceChildren(body, tooltip.element, createThumbnailStyle(root, picture));

  function point(players: readonly number[]): void {
    for (const element of highlighted) element.classList.remove("fixlip-pointed");
    highlighted = players.map((player) => tokens[player] as HTMLElement);
    if (players.length > 0) highlighted.push(...side.querySelectorAll(`[data-bar="${players.join(" ")}"]`));
    for (const element of highlighted) element.classList.add("fixlip-pointed");
  }

  function highlight(target: HTMLElement | null): void {
    highlightTarget = target;
    const players = target ? playersOf(target) : [];
    point(players);
    if (target && players.length > 0) tooltip.show(target, frame);
    else tooltip.hide();
    linkOverlay.highlight(players);
    legend.highlight(tokenFrame, players.length === 1 ? (players[0] as number) : null);
  }

  const preview = createPreview((players, marked) =>
    renderColors(players ? createPreviewFrame(frame, players, marked) : frame),
  );
  // A bar has no preview, as that would change the ranking under the pointer.
  const hover = (token: HTMLElement | null) =>
    preview.hover(token?.dataset.player && canPreview(frame) ? playersOf(token) : null);
  addOriginal(root, original, signal);
  addPointerListeners(root, { dispatch, highlight, hover }, signal);
  // After those, which hide the tip of a token.
  addTermTips(root, tooltip, signal);
  addShortcuts(root, { dispatch, stepHistory, highlight, getFrame: () => frame }, signal);
  addLongPress(root, dispatch, signal);
  addDragSelect({ grid: image.element, rectangle: image.rectangle, dispatch, preview: preview.show }, signal);
  // Links end at tokens, which move when the width changes.
  const resizeObserver = new ResizeObserver(() => renderedFrame && linkOverlay.update(renderedFrame));
  resizeObserver.observe(body);
  signal.addEventListener(
    "abort",
    () => {
      preview.cancel();
      resizeObserver.disconnect();
    },
    { once: true },
  );

  // Colours are rendered at once; text and all other components after the next paint, for the latest frame only.
  const scheduleDetails = afterPaint(() => {
    try {
      renderDetails();
    } catch (error) {
      fail(error);
    }
  }, signal);

  function renderColors(newTokenFrame: Frame): void {
    tokenFrame = newTokenFrame;
    for (const component of tokenComponents) component.update(tokenFrame);
    if (!renderedFrame && explanation.nPlayers <= MAX_TOKENS_AT_ONCE) {
      renderDetails();
      return;
    }
    root.setAttribute("aria-busy", "true");
    scheduleDetails();
  }

  function renderDetails(): void {
    for (const component of tokenComponents) component.updateText(tokenFrame);
    title.textContent = tokenFrame === frame ? titleFor(frame) : `with ${selectionLabel(tokenFrame)}`;
    root.removeAttribute("aria-busy");
    if (barsFrame !== tokenFrame) {
      barsFrame = tokenFrame;
      bars.update([barsFrame]);
      legend.update(barsFrame);
    }
    if (renderedFrame !== frame) {
      renderedFrame = frame;
      side.hidden = false;
      for (const component of components) component.update(frame);
      const { mode, selected, settings } = frame;
      effects.element.hidden = mode !== "conditional" || !hasJointEffect(explanation, selected);
      effects.update(settings.effect);
      attributionKinds.element.hidden = mode !== "attribution" || !hasInteractions(explanation);
      attributionKinds.update(settings.attribution);
      enlarge.textContent = settings.enlarged ? "reduce" : "enlarge";
      hint.textContent = [strongestSentence(frame), hintFor(frame)].filter(Boolean).join(" ");
    }
    // What is under the pointer may have changed.
    highlight(highlightTarget);
  }

  return {
    update(state, settings, measured) {
      preview.cancel();
      frame = createFrame(explanation, state, settings, measured, peers);
      root.dataset.mode = frame.mode;
      // At once too: a click on the choice that is still marked would change nothing.
      const unavailable = MODES.filter((each) => !isModeAvailable(explanation, each, frame.selected));
      const modesKey = [frame.mode, ...unavailable].join();
      if (modesKey !== renderedModes) {
        renderedModes = modesKey;
        modes.update(frame.mode, ...unavailable);
        modes.element.title =
          unavailable.includes("conditional") && hasInteractions(explanation) ? SELECT_FIRST : "";
      }
      root.style.setProperty("--fixlip-overlay", String(settings.overlay));
      renderColors(frame);
    },
  };
}

/** Hovering previews conditional values only while attributions are shown and nothing is selected. */
function canPreview({ mode, selected, explanation }: Frame): boolean {
  return hasInteractions(explanation) && mode === "attribution" && selected.length === 0;
}
