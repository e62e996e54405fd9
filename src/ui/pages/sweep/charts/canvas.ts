/** Canvases that are as sharp as the screen. */

/**
 * Gives a canvas a size in pixels of the page and clears it; what is drawn is in those pixels too.
 * @returns Null where there is nothing to draw on.
 */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  ratio: number,
): CanvasRenderingContext2D | null {
  const context = canvas.getContext('2d');
  if (!context || width <= 0 || height <= 0) return null;
  // Setting the size clears, even where it stays the same.
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  return context;
}

/** Draws at the next frame, at most once a frame. Returns what calls it off. */
export function nextFrame(draw: () => void): () => void {
  const frame = requestAnimationFrame(draw);
  return () => cancelAnimationFrame(frame);
}
