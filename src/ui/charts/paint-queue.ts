/**
 * Paints charts a few at a time. A page with many of them would otherwise paint all in one frame whenever new points
 * come, and answer nobody meanwhile.
 */

/**
 * What painting may take of a frame, in milliseconds: the rest of it is for layout, for bringing what was painted to the
 * screen, which takes about as long again, and for the user.
 */
const BUDGET_MS = 3;

/** In the order in which they asked; who waits already keeps its place. */
const waiting = new Set<() => void>();
let scheduled = false;

/** Has `paint` called in one of the next frames, once, however often it is asked for until then. */
export function paintSoon(paint: () => void): void {
  waiting.add(paint);
  schedule();
}

/** Takes it back. */
export function paintNever(paint: () => void): void {
  waiting.delete(paint);
}

function schedule(): void {
  if (scheduled || waiting.size === 0) return;
  scheduled = true;
  requestAnimationFrame(() => void paintSome());
}

async function paintSome(): Promise<void> {
  const start = performance.now();
  for (const paint of waiting) {
    waiting.delete(paint);
    try {
      paint();
    } catch (error) {
      // The others have their turn all the same.
      reportError(error);
    }
    // uPlot draws in a microtask: it belongs to what is measured.
    await Promise.resolve();
    if (performance.now() - start > BUDGET_MS) break;
  }
  scheduled = false;
  schedule();
}
