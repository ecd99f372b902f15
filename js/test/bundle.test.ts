import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { TERMS } from "../src/view/sentences.js";
import { samples } from "./golden.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const committed = join(root, "../fixlip_widget/widget/static");
const rebuilt = mkdtempSync(join(tmpdir(), "fixlip-"));
execFileSync(process.execPath, [join(root, "build.mjs"), rebuilt]);
afterAll(() => rmSync(rebuilt, { recursive: true }));

it.each(["widget.js", "widget.css", "notebook.js", "scene-editor.js", "scene-editor.css"])(
  "the committed %s equals a build of the sources",
  (name) => {
    const [actual, expected] = [committed, rebuilt].map((folder) => readFileSync(join(folder, name)));
    expect(actual?.equals(expected as Buffer), "run npm run build").toBe(true);
  },
);

it("the style of the scene editor touches no view", () => {
  const css = readFileSync(join(committed, "scene-editor.css"), "utf8");
  const classes = [...css.matchAll(/\.(fixlip[\w-]*)/g)].map(([, name]) => name);
  expect(classes.length).toBeGreaterThan(20);
  expect(classes.filter((name) => !name?.startsWith("fixlip-scene-"))).toEqual([]);
});

it("the bundle is small and imports nothing at run time", () => {
  const bundle = readFileSync(join(committed, "widget.js"));
  expect(bundle.length).toBeLessThan(80_000);
  expect(bundle.toString()).not.toMatch(/\bimport\b(?!\.meta)/);
});

it("shortens no name that Python writes", () => {
  const [, names = ""] =
    /INTERNAL_NAMES = `([^`]*)`/.exec(readFileSync(join(root, "build.mjs"), "utf8")) ?? [];
  const shortened = new Set(names.trim().split(/\s+/));
  const written = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value)) for (const key of Object.keys(value)) written.add(key);
    for (const each of Object.values(value)) collect(each);
  };
  for (const { meta } of Object.values(samples)) collect(meta);
  for (const trait of [
    "selected",
    "hidden",
    "measured",
    "similarity",
    "mode",
    "views",
    "title",
    "aligned",
    "text",
    "click",
  ])
    written.add(trait);
  // Terms are looked up by what the document says.
  for (const name of Object.keys(TERMS)) written.add(name);
  expect(shortened.size).toBeGreaterThan(50);
  expect([...shortened].filter((name) => written.has(name))).toEqual([]);
});
