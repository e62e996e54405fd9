/**
 * Time that passes only where a test lets it: `setTimeout`, `clearTimeout` and `performance.now` of this process. After
 * each timer everything that it set off runs to its end, so that what happens does not depend on how fast the machine is.
 */

interface Timer {
  at: number;
  /** Of timers that end together the one set first comes first. */
  order: number;
  run: () => void;
}

const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, setImmediate };
const realNow = performance.now.bind(performance);

let installed = false;
let now = 0;
let orders = 0;
/** A binary heap: the next one first. */
const heap: Timer[] = [];
/** Those that were neither run nor cleared. */
const waiting = new Set<number>();

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(timer, heap[parent])) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = timer;
}

function pop(): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!last || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return first;
}

/** Work under way on other threads, that time waits for. */
let elsewhere = 0;

/** Time stands still until `work` is done: hashing and compiling run on other threads. */
export async function awaited<T>(work: Promise<T>): Promise<T> {
  elsewhere++;
  try {
    return await work;
  } finally {
    elsewhere--;
  }
}

/** Times that everything is let come to its end before other work of this process gets its turn, too. */
const TURN = 512;
let breaths = 0;

/** Lets everything that was set off come to its end. */
async function breathe(): Promise<void> {
  do {
    const turn = elsewhere > 0 || ++breaths % TURN === 0;
    // A tick that is asked for by a promise comes once no promise has anything left to do.
    await new Promise<void>((resolve) => (turn ? real.setImmediate(resolve) : process.nextTick(resolve)));
  } while (elsewhere > 0);
}

/** From here on time is virtual, and begins at 0; timers of an earlier time are gone. */
export function useVirtualTime(): void {
  forgetTimers();
  now = 0;
  if (installed) return;
  installed = true;
  const set = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
    push({ at: now + Math.max(0, ms), order: ++orders, run: () => run(...args) });
    waiting.add(orders);
    return orders;
  };
  const clear = (order: unknown): void => {
    if (typeof order === 'number') waiting.delete(order);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  performance.now = () => now;
}

/** Time is that of the machine again. */
export function useRealTime(): void {
  Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
  performance.now = realNow;
  installed = false;
  forgetTimers();
}

/** Whatever waits never comes. */
export function forgetTimers(): void {
  heap.length = 0;
  waiting.clear();
}

/** Timers that were neither run nor cleared. */
export const timersWaiting = (): number => waiting.size;

/** Lets so many milliseconds pass. */
export async function pass(ms: number): Promise<void> {
  const end = now + ms;
  await breathe();
  for (let timer = heap.at(0); timer && timer.at <= end; timer = heap.at(0)) {
    pop();
    if (!waiting.delete(timer.order)) continue;
    now = Math.max(now, timer.at);
    timer.run();
    await breathe();
  }
  now = Math.max(now, end);
}

/**
 * Lets time pass until something holds, which is looked at every `step` milliseconds; resolves to how long it took.
 * @throws Error where it does not hold within `ms`.
 */
export async function until(holds: () => boolean, ms = 60_000, step = 5): Promise<number> {
  const from = now;
  while (!holds()) {
    if (now - from > ms) throw new Error(`It did not come to pass within ${ms} ms.`);
    await pass(step);
  }
  return now - from;
}

/** Nothing runs for so many milliseconds, as where a page is frozen: what was due comes late. */
export function freeze(ms: number): void {
  now += ms;
}
