// Prints a figure on a page of its size: the browser's print dialog saves it as PDF, with vectors and embedded fonts.

/** Opens the print dialog. */
export async function printFigure(figure: SVGElement, title: string): Promise<void> {
  const frame = document.createElement("iframe");
  frame.style.cssText = "position: fixed; left: -10000px; width: 1px; height: 1px; border: 0";
  frame.setAttribute("aria-hidden", "true");
  document.body.append(frame);
  const page = frame.contentDocument as Document;
  const style = page.createElement("style");
  const [width, height] = [figure.getAttribute("width"), figure.getAttribute("height")];
  style.textContent = `@page { size: ${width} ${height}; margin: 0 } body { margin: 0 } svg { display: block }
* { print-color-adjust: exact; -webkit-print-color-adjust: exact }`;
  page.title = title;
  page.head.append(style);
  page.body.append(page.importNode(figure, true));
  await Promise.all(Array.from(page.querySelectorAll("image"), decode));
  frame.contentWindow?.addEventListener("afterprint", () => frame.remove(), { once: true });
  frame.contentWindow?.print();
}

/** Until a picture can be drawn: printing does not wait for it. */
async function decode(picture: SVGElement): Promise<void> {
  const image = new Image();
  image.src = picture.getAttribute("href") ?? "";
  await image.decode();
}
