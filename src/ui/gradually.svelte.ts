/** Lists whose items are costly to make: made over several frames, so that no single one of them is long. */

/** The first items of a list, and in every frame a few more until it is whole. Call it where a component begins. */
export function gradually<T>(items: () => readonly T[], perFrame = 2): () => readonly T[] {
  let count = $state(perFrame);
  const whole = $derived(count >= items().length);
  $effect(() => {
    if (whole) return;
    let frame = requestAnimationFrame(function next() {
      count += perFrame;
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  });
  return () => items().slice(0, count);
}
