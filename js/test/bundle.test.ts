import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const here = fileURLToPath(new URL("..", import.meta.url));
const committed = join(here, "../fixlip_widget/widget/static");
const rebuilt = mkdtempSync(join(tmpdir(), "fixlip-"));
execFileSync(process.execPath, [join(here, "build.mjs"), rebuilt]);
afterAll(() => rmSync(rebuilt, { recursive: true }));

it.each(["widget.js", "widget.css"])("%s is what the sources give", (name) => {
  const [ours, theirs] = [committed, rebuilt].map((folder) => readFileSync(join(folder, name)));
  expect(ours?.equals(theirs as Buffer), "npm run build").toBe(true);
});

it("stays small and imports nothing", () => {
  const bundle = readFileSync(join(committed, "widget.js"), "utf8");
  expect(bundle.length).toBeLessThan(60_000);
  expect(bundle).not.toMatch(/\bimport\b(?!\.meta)/);
});
