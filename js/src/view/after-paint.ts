// Work that can wait until what matters most is on the screen.

/** Returns a function that has `work` done one frame after the next, once however often it was asked for. */
export function afterPaint(work: () => void, signal: AbortSignal): () => void {
  let frame = 0;
  const run = () => {
    frame = 0;
    work();
  };
  signal.addEventListener("abort", () => cancelAnimationFrame(frame), { once: true });
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = requestAnimationFrame(run);
    });
  };
}
