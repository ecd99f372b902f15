// The picture for everything that shows a piece of it: one rule of style, so that its long address is read once.

/** Thumbnails and magnifiers within `root` show the picture; without one, nothing. */
export function createCuttings(root: HTMLElement, picture: string): HTMLStyleElement {
  const name = `fixlip-${Math.random().toString(36).slice(2)}`;
  root.className = `fixlip ${name}`;
  const style = document.createElement("style");
  if (picture) {
    style.textContent = `.${name} :is(.fixlip-thumb, .fixlip-lens) { background-image: url("${picture}") }`;
  }
  return style;
}
