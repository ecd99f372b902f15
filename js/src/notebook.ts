// The script of an exported notebook: each saved widget of ours becomes one model without a kernel, which is shown
// wherever the notebook displayed it.
import type { AnyWidget } from "@anywidget/types";
import type { Model, Traits } from "./model.js";
import { createModel, decodeBase64 } from "./page-model.js";
import { createErrorMessage } from "./view/dom.js";

interface Page {
  /** The source of the view, and the template of the page that it exports. */
  readonly module: string;
  readonly page: string;
  /** Links of traits: the second end follows the first, and the first the second if `both`. */
  readonly links: readonly { readonly ends: readonly [End, End]; readonly both: boolean }[];
}
type End = readonly [model: string, trait: string];

const BYTES = "values";

async function start(): Promise<void> {
  const { module, page, links } = read("fixlip-page") as Page;
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const { default: view } = (await import(url)) as { default: Exclude<AnyWidget<Traits>, () => unknown> };
  const css = document.getElementById("fixlip-style")?.textContent ?? "";
  const models = new Map<string, Model>();
  for (const script of document.querySelectorAll<HTMLElement>("script[data-fixlip-state]")) {
    const traits = decode(JSON.parse(script.textContent ?? "")) as Traits;
    models.set(
      script.dataset.fixlipState as string,
      createModel({ ...traits, _esm: module, _page: page, _css: css }),
    );
  }
  for (const { ends, both } of links) {
    follow(models, ...ends);
    if (both) follow(models, ends[1], ends[0]);
  }
  const signal = new AbortController().signal;
  for (const el of document.querySelectorAll<HTMLElement>("[data-fixlip-model]")) {
    const model = models.get(el.dataset.fixlipModel as string);
    const still = [...el.childNodes];
    if (!model) continue;
    try {
      await view.render?.({ model, el, signal } as never);
      // The still is there until the view is.
      for (const node of still) node.remove();
    } catch (error) {
      el.append(createErrorMessage(error));
    }
  }
}

function read(id: string): unknown {
  return JSON.parse(document.getElementById(id)?.textContent ?? "");
}

/** The traits with bytes in place of base64. */
function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === BYTES && typeof each === "string" ? decodeBase64(each) : decode(each),
    ]),
  );
}

function follow(models: ReadonlyMap<string, Model>, [from, trait]: End, [to, other]: End): void {
  const [source, target] = [models.get(from), models.get(to)];
  source?.on(`change:${trait}`, () => target?.set(other as "selected", source.get(trait as "selected")));
}

void start();
