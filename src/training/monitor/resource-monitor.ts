/**
 * The resources of a run: every few seconds it looks at what the run takes of the machine. Points are written by whoever
 * writes those of the training, at the step that it is at: each look becomes points at the next report.
 *
 * Only what can be known is written, and in the metric's unit: `system/…_bytes`, `system/…_percent`. Names begin as MLflow's
 * and W&B's metrics of the machine do; they are not those of MLflow, whose figures are the whole machine's.
 */
import type { RunConfig } from '../../config/schema';
import type { Metrics } from '../../store/schema';
import type { PageFigures } from '../protocol';
import { Ceilings, type Crossing } from './ceilings';
import type { WorkClock } from './work-clock';

/** Where figures come from. What is null cannot be known here. */
export interface MonitorSources {
  /** Bytes of device memory held by tensors now, and at most so far. */
  memory: () => { bytes: number; peak: number };
  /** How much of its time the training thread works; null: it works on messages too, and its own clock tells too little. */
  work: WorkClock | null;
  /** 0 (nominal) to 3 (critical). */
  pressure: () => number | null;
  /** Bytes of storage that this origin uses, and may use. */
  storage: () => Promise<{ used: number; quota: number } | null>;
  /** What of the run waits to be sent, and bytes that were sent of it; null: it is sent nowhere. */
  deliveries: () => Promise<{ pending: number; sent: number } | null>;
}

/** Metrics whose highest value stands in the run's row, as `NAME_peak`. */
const PEAKS = [
  'system/cpu_percent',
  'system/js_memory_bytes',
  'system/page_memory_bytes',
  'system/storage_used_bytes',
  'system/queue_length',
  'gpu_bytes',
];

const peakOf = (metric: string): string => `${metric}_peak`;

/** The peaks among the last values of a run. */
export function peaksAmong(latest: Metrics): Metrics {
  const peaks = PEAKS.map(peakOf).filter((peak) => peak in latest);
  return Object.fromEntries(peaks.map((peak) => [peak, latest[peak]]));
}

/** Watches one run in one sitting. */
export class ResourceMonitor {
  readonly #sources: MonitorSources;
  readonly #ceilings: Ceilings;
  readonly #onCrossing: (crossing: Crossing) => void;
  readonly #peaks: Metrics;
  #page: PageFigures | null = null;
  /** What was seen and is not written yet. */
  #seen: Metrics = {};
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param latest the run's last values as its row has them: peaks of earlier sittings are among them */
  constructor(
    sources: MonitorSources,
    ceilings: RunConfig['logging']['system']['ceilings'],
    latest: Metrics,
    onCrossing: (crossing: Crossing) => void,
  ) {
    this.#sources = sources;
    this.#ceilings = new Ceilings(ceilings);
    this.#onCrossing = onCrossing;
    this.#peaks = peaksAmong(latest);
  }

  /** Highest values so far, over all sittings. */
  get peaks(): Metrics {
    return { ...this.#peaks };
  }

  /** Looks now and every `seconds` until `stop`. */
  start(seconds: number): void {
    void this.look();
    this.#timer = setInterval(() => void this.look(), seconds * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What only the page can measure; it counts from the next look on. */
  hear(figures: PageFigures): void {
    this.#page = figures;
  }

  /** Looks once, and warns where a ceiling is passed. */
  async look(): Promise<void> {
    const { memory, work, pressure } = this.#sources;
    const [storage, deliveries] = await Promise.all([known(this.#sources.storage), known(this.#sources.deliveries)]);
    const share = work?.take() ?? null;
    const page = this.#page;
    const sent = [page?.traffic?.sent, deliveries?.sent].filter((bytes) => bytes !== undefined);
    const figures: Record<string, number | null | undefined> = {
      'system/cpu_percent': share === null ? null : 100 * share,
      'system/cpu_pressure': pressure(),
      'system/js_memory_bytes': page?.memory?.whole ? page.memory.bytes : null,
      'system/page_memory_bytes': page?.memory?.whole === false ? page.memory.bytes : null,
      'system/storage_used_bytes': storage?.used,
      'system/storage_percent': storage && storage.quota > 0 ? (100 * storage.used) / storage.quota : null,
      'system/network_sent_bytes': sent.length > 0 ? sent.reduce((sum, bytes) => sum + bytes, 0) : null,
      'system/network_received_bytes': page?.traffic?.received,
      'system/queue_length': deliveries?.pending,
    };
    const seen: Metrics = {};
    for (const [metric, value] of Object.entries(figures)) if (typeof value === 'number') seen[metric] = value;
    Object.assign(this.#seen, seen);
    const { bytes, peak } = memory();
    this.#rise({ ...seen, gpu_bytes: peak });
    for (const crossing of this.#ceilings.check({ ...seen, gpu_bytes: bytes })) this.#onCrossing(crossing);
  }

  /** What was seen since the last call, to be written at the step that the run is at. */
  take(): Metrics {
    const seen = this.#seen;
    this.#seen = {};
    return seen;
  }

  #rise(figures: Metrics): void {
    for (const metric of PEAKS) {
      if (metric in figures) this.#peaks[peakOf(metric)] = Math.max(figures[metric], this.#peaks[peakOf(metric)] ?? 0);
    }
  }
}

/** A figure that cannot be had now is left out: the run does not stop for it, and the next look asks again. */
async function known<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch {
    return null;
  }
}
