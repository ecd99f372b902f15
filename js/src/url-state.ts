// The state of an exported page in its address: a link leads to what its sender saw.
import type { Model } from "./model.js";
import { MODES } from "./modes.js";

/** Changing the address takes browsers milliseconds, which a click need not wait for. */
const WRITE_DELAY_MS = 200;
const PLAYER_LISTS = ["selected", "hidden"] as const;

/** Takes the state from the fragment of the address, and keeps it there. Unknown tokens and modes are left out. */
export function followUrl(model: Model, nPlayers: number): void {
  let timer = 0;

  function read(): void {
    if (location.hash.length < 2) return;
    const parameters = new URLSearchParams(location.hash.slice(1));
    for (const name of PLAYER_LISTS) model.set(name, parsePlayers(parameters.get(name) ?? "", nPlayers));
    const mode = MODES.find((each) => each === parameters.get("mode"));
    if (mode) model.set("mode", mode);
  }

  function write(): void {
    const parameters = new URLSearchParams({ mode: model.get("mode") });
    for (const name of PLAYER_LISTS) {
      const players = model.get(name);
      // An empty list too, as the page may open with a selection.
      if (players.length > 0 || name === "selected") parameters.set(name, players.join("-"));
    }
    try {
      history.replaceState(null, "", `#${parameters}`);
    } catch {
      // A page that is embedded in another has no address of its own.
    }
  }

  read();
  window.addEventListener("hashchange", read);
  for (const name of [...PLAYER_LISTS, "mode"]) {
    model.on(`change:${name}`, () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(write, WRITE_DELAY_MS);
    });
  }
}

function parsePlayers(text: string, nPlayers: number): number[] {
  const players = text.split("-").filter(Boolean).map(Number);
  return [...new Set(players)].filter(
    (player) => Number.isInteger(player) && player >= 0 && player < nPlayers,
  );
}
