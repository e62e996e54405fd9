/** How wide a chart's place is, told once the page is laid out: to ask for it earlier has the page laid out on the spot. */
import type { Attachment } from 'svelte/attachments';

/** Tells the inner width of an element in CSS pixels, and every change of it. */
export function watchWidth(tell: (width: number) => void): Attachment<Element> {
  return (node) => {
    const observer = new ResizeObserver((entries) => tell(Math.round(entries[entries.length - 1].contentRect.width)));
    observer.observe(node);
    return () => observer.disconnect();
  };
}
