/** The examples of items, fetched ahead of need: while one is computed, the next ones are on their way. */
import { deferred } from '../base/deferred';
import type { Batch, ExampleSource, Fetching } from '../data/contract';

/** An item whose examples are not wanted any more: the group is done with it, or has dealt it to others. */
export class Superseded extends Error {}

/** Loads items. An item is one batch or more, each the indices of its examples. */
export class ItemLoader {
  readonly #data: ExampleSource;
  /** First batches that were begun, by item. */
  readonly #begun = new Map<string, Fetching>();

  constructor(data: ExampleSource) {
    this.#data = data;
  }

  /** Begins to load an item that will probably be wanted: its first batch. */
  ahead(key: string, batches: readonly Uint32Array[]): void {
    const first = batches.at(0);
    if (!first || this.#begun.has(key)) return;
    const fetching = begin(this.#data, first, true);
    if (fetching) this.#begun.set(key, fetching);
  }

  /**
   * The batches of an item, one after the other; the one behind the one at hand is on its way. They reject with `Superseded`
   * once `signal` is aborted.
   */
  *load(key: string, batches: readonly Uint32Array[], signal: AbortSignal): Generator<Promise<Batch>, void> {
    let next = this.#begun.get(key) ?? null;
    this.#begun.delete(key);
    try {
      for (const [i, indices] of batches.entries()) {
        const fetching: Fetching | null = next ?? begin(this.#data, indices, false);
        next = i + 1 < batches.length ? begin(this.#data, batches[i + 1], true) : null;
        if (!fetching) continue;
        const loading = unlessAborted(fetching, signal);
        // Whoever takes it hears of what went wrong; it may be left before.
        loading.catch(() => undefined);
        yield loading;
      }
    } finally {
      next?.drop();
    }
  }

  /** Drops what was begun for items that `isWanted` does not name. */
  keep(isWanted: (key: string) => boolean): void {
    for (const [key, fetching] of this.#begun) {
      if (isWanted(key)) continue;
      this.#begun.delete(key);
      fetching.drop();
    }
  }
}

/** Begins to fetch a batch; null where it is wanted later, and too much waits. */
function begin(data: ExampleSource, indices: Uint32Array, ahead: boolean): Fetching | null {
  if (data.fetch) return data.fetch(indices, ahead);
  const batch = (async () => data.batch(indices))();
  // Whoever takes it hears of what went wrong.
  batch.catch(() => undefined);
  return { take: () => batch, drop: () => undefined };
}

async function unlessAborted(fetching: Fetching, signal: AbortSignal): Promise<Batch> {
  if (signal.aborted) {
    fetching.drop();
    throw new Superseded();
  }
  const aborted = deferred<never>();
  const abort = (): void => {
    fetching.drop();
    aborted.reject(new Superseded());
  };
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([fetching.take(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
