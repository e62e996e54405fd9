/** Whether a chart is, or soon will be, in sight: what nobody sees need not be drawn. */
import type { Attachment } from 'svelte/attachments';

/** How far outside of the window a chart is drawn already, so that scrolling finds it there. */
const AHEAD = '200px';

/** Tells when an element comes into sight and when it goes; a closed fold is out of sight. */
export function watchSeen(tell: (seen: boolean) => void): Attachment<Element> {
  return (node) => {
    const observer = new IntersectionObserver((entries) => tell(entries.some((entry) => entry.isIntersecting)), {
      rootMargin: AHEAD,
    });
    observer.observe(node);
    return () => observer.disconnect();
  };
}
