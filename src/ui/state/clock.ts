/** The time as what is shown can follow it: counted in seconds, and only while something looks at it. */
import { createSubscriber } from 'svelte/reactivity';

const follow = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** Milliseconds since the epoch. Read in a component or an effect, it is read again each second. */
export function currentTime(): number {
  follow();
  return Date.now();
}
