/** What only the page can measure of a run that trains in it: JavaScript memory, and what goes to and from its group. */
import type { PageFigures } from '../training/protocol';
import type { EventHub } from './events';

/** Measures for one run until `stop`. */
export class PageMeter {
  readonly stop: () => void;
  /** By peer: what it was last said to have sent and received. Those who left keep theirs. */
  readonly #traffic = new Map<string, { sent: number; received: number }>();
  readonly #memory = new MemoryMeter();

  constructor(hub: EventHub, runId: string) {
    this.stop = hub.subscribe((event) => {
      if (event.type !== 'group' || event.run_id !== runId) return;
      for (const { id, self, sent, received } of event.status.peers) {
        if (!self) this.#traffic.set(id, { sent, received });
      }
    });
  }

  /** The figures as they are now. */
  look(): PageFigures {
    const peers = [...this.#traffic.values()];
    return {
      memory: this.#memory.look(),
      traffic:
        peers.length === 0
          ? null
          : {
              sent: peers.reduce((sum, { sent }) => sum + sent, 0),
              received: peers.reduce((sum, { received }) => sum + received, 0),
            },
    };
  }
}

/**
 * JavaScript memory. A page that is isolated (COOP and COEP) is told that of all its threads, after a while
 * (https://wicg.github.io/performance-measure-memory/); any other page, in Chromium, the heap of its own thread.
 */
class MemoryMeter {
  #whole: number | null = null;
  #measuring = false;

  look(): PageFigures['memory'] {
    const measure: unknown = Reflect.get(performance, 'measureUserAgentSpecificMemory');
    if (crossOriginIsolated && isMeasure(measure)) {
      void this.#measure(() => measure.call(performance));
      return this.#whole === null ? null : { bytes: this.#whole, whole: true };
    }
    const memory: unknown = Reflect.get(performance, 'memory');
    if (typeof memory !== 'object' || memory === null) return null;
    const bytes: unknown = Reflect.get(memory, 'usedJSHeapSize');
    return typeof bytes === 'number' ? { bytes, whole: false } : null;
  }

  /** One measurement at a time: the browser answers with its next garbage collection. */
  async #measure(measure: () => Promise<{ bytes: number }>): Promise<void> {
    if (this.#measuring) return;
    this.#measuring = true;
    try {
      this.#whole = (await measure()).bytes;
    } catch {
      // The page may not be measured right now, as while it is being closed: the last figure stands.
    } finally {
      this.#measuring = false;
    }
  }
}

const isMeasure = (value: unknown): value is () => Promise<{ bytes: number }> => typeof value === 'function';
