/** What is, or soon will be, in sight: what nobody sees need not be drawn, and need not follow what it shows. */
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

/** Something that is shown as it is while it is seen, and stays as it was while it is not. */
export interface Followed<T> {
  readonly current: T;
  readonly seen: boolean;
  /** On the element that shows it. */
  readonly watch: Attachment<Element>;
}

/** Follows a value while an element is seen. While it is not, the value is not even asked for. @param first until then */
export function follow<T>(value: () => T, first: T): Followed<T> {
  let seen = $state(false);
  let kept = first;
  const current = $derived.by(() => {
    if (seen) kept = value();
    return kept;
  });
  return {
    get current() {
      return current;
    },
    get seen() {
      return seen;
    },
    watch: watchSeen((now) => (seen = now)),
  };
}
