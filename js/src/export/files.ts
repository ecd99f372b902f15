// Export to files that the browser downloads.
import type { Explanation } from "../deserialize.js";
import type { Model, Traits } from "../model.js";
import type { SelectionState } from "../selection.js";
import { toJson } from "./json.js";
import { printFigure } from "./print.js";

/** Of the view as it looks, or of its values. */
export const FORMATS = ["PNG", "SVG", "HTML", "JSON"] as const;
/** Of a figure; a PDF is saved from the print dialog. */
export const FIGURE_FORMATS = ["PNG", "SVG", "PDF"] as const;
export type Format = (typeof FORMATS)[number] | (typeof FIGURE_FORMATS)[number];

const MAX_NAME_LENGTH = 60;
/** Pixels of a PNG for each pixel of the page. */
const PIXEL_RATIO = 2;

/** What is exported: the numbers and the state of the view, or a drawing of it. */
export interface Source {
  readonly model: Model;
  readonly explanation: Explanation;
  readonly state: SelectionState;
  readonly draw: () => Promise<SVGElement>;
  /** Pixels of a PNG for each pixel of the drawing. */
  readonly pixelRatio?: number | undefined;
}

export async function save(format: Format, source: Source): Promise<void> {
  if (format === "PDF") return printFigure(await source.draw(), fileName(source));
  const blob = await EXPORTERS[format](source);
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = `${fileName(source)}.${format.toLowerCase()}`;
  link.click();
  URL.revokeObjectURL(url);
}

/** The caption and the mode, in letters that any file system takes. */
function fileName({ explanation, state }: Source): string {
  const words = explanation.fields.caption.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["explanation"];
  return [...words.join("-").slice(0, MAX_NAME_LENGTH).split("-"), state.mode].join("-");
}

const EXPORTERS: Record<Exclude<Format, "PDF">, (source: Source) => Blob | Promise<Blob>> = {
  JSON: ({ explanation, state }) =>
    textBlob(JSON.stringify(toJson(explanation, state), null, 1), "application/json"),
  HTML: async ({ model }) => textBlob(renderPage(model, await loadModule(model)), "text/html"),
  SVG: async ({ draw }) => textBlob(new XMLSerializer().serializeToString(await draw()), "image/svg+xml"),
  PNG: async ({ draw, pixelRatio }) => rasterize(await draw(), pixelRatio),
};

function textBlob(content: string, type: string): Blob {
  return new Blob([content], { type: `${type};charset=utf-8` });
}

const SAVED_TRAITS = ["meta", "picture", "selected", "hidden", "measured", "mode"] as const;

/** The source of this module; hosts such as marimo do not pass the `_esm` trait on, so load it again there. */
async function loadModule(model: Model): Promise<string> {
  return model.get("_esm") ?? (await (await fetch(import.meta.url)).text());
}

/** The same page as `Explanation.to_html` writes, from the same template. */
function renderPage(model: Model, module: string): string {
  const { buffer, byteOffset, byteLength } = model.get("values");
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const saved: Partial<Traits> = Object.fromEntries(SAVED_TRAITS.map((name) => [name, model.get(name)]));
  const template = model.get("_page") ?? "";
  const state = {
    ...saved,
    values: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
    status: "ready",
    progress: 0,
    module,
    page: template,
  };
  const fields: Record<string, string> = {
    title: model
      .get("meta")
      .fields.caption.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`),
    css: model.get("_css") ?? "",
    width: "880",
    // Escaped, so that no string in it can end the script element.
    state: JSON.stringify(state).replaceAll("<", "\\u003c"),
  };
  return template.replace(/%(title|css|width|state)%/g, (_, name: string) => fields[name] ?? "");
}

export async function rasterize(drawing: SVGElement, pixelRatio = PIXEL_RATIO): Promise<Blob> {
  const [, , ...sides] = (drawing.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const [width, height] = sides.map((side) => Math.round(pixelRatio * side)) as [number, number];
  const image = new Image(width, height);
  // Unpaired surrogates cannot be encoded in a URL.
  const source = new XMLSerializer().serializeToString(drawing).replace(/\p{Surrogate}/gu, "\ufffd");
  // A data URL, since the exported page's content security policy allows no other images.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d")?.drawImage(image, 0, 0, image.width, image.height);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error("The picture is too large to be drawn.")),
    );
  });
}
