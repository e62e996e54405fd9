/** Ceilings on what a run takes of the machine: a sentence when one is passed, once each time. */
import { formatBytes, formatCount } from '../../base/format';
import type { RunConfig } from '../../config/schema';
import type { Metrics } from '../../store/schema';

type Limits = RunConfig['logging']['system']['ceilings'];

/** A ceiling was passed. */
export interface Crossing {
  metric: string;
  value: number;
  /** In the metric's unit. */
  ceiling: number;
  /** A sentence with value and ceiling, and one that says what to do. */
  message: string;
}

/** One ceiling. */
interface Kind {
  key: keyof Limits;
  /** What it holds for: the first of these that is known. */
  metrics: readonly string[];
  /** What one of the config's unit is in that of the metric. */
  scale: number;
  subject: string;
  show: (value: number) => string;
  /** What follows the value. */
  of: string;
  remedy: string;
}

const MEGABYTE = 1e6;
const percent = (value: number): string => `${value.toFixed(0)} %`;

const KINDS: readonly Kind[] = [
  {
    key: 'cpu_percent',
    metrics: ['system/cpu_percent'],
    scale: 1,
    subject: 'The training thread takes',
    show: percent,
    of: ' of a core',
    remedy: 'A larger training.batch_size or fewer augmentations leave it less to do in a step.',
  },
  {
    key: 'js_memory_mb',
    metrics: ['system/js_memory_bytes', 'system/page_memory_bytes'],
    scale: MEGABYTE,
    subject: 'JavaScript holds',
    show: formatBytes,
    of: '',
    remedy: 'Close other tabs of this page, or train on fewer examples (data.limit).',
  },
  {
    key: 'gpu_memory_mb',
    metrics: ['gpu_bytes'],
    scale: MEGABYTE,
    subject: 'Tensors hold',
    show: formatBytes,
    of: ' of device memory',
    remedy: 'Lower training.batch_size, or set training.activation_checkpointing.',
  },
  {
    key: 'storage_percent',
    metrics: ['system/storage_percent'],
    scale: 1,
    subject: 'This page uses',
    show: percent,
    of: ' of the storage that the browser grants',
    remedy: 'Delete runs and datasets that are not needed any more: checkpoints cannot be saved once it is full.',
  },
  {
    key: 'queue_length',
    metrics: ['system/queue_length'],
    scale: 1,
    subject: 'There wait',
    show: formatCount,
    of: ' points, lines and files to be sent',
    remedy: 'Look at the run’s deliveries: a server may be away or slow. Training goes on, and nothing is lost.',
  },
];

/** A ceiling counts as passed again once the value has been below this share of it. */
const AGAIN_BELOW = 0.95;

/** Watches the ceilings of one run. */
export class Ceilings {
  readonly #limits: Limits;
  readonly #passed = new Set<string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Looks at figures by metric; those that are not among them are as they were. */
  check(figures: Metrics): Crossing[] {
    return KINDS.flatMap(({ key, metrics, scale, subject, show, of, remedy }) => {
      const limit = this.#limits[key];
      const metric = metrics.find((name) => name in figures);
      if (limit === null || metric === undefined) return [];
      const value = figures[metric];
      const ceiling = limit * scale;
      if (value < AGAIN_BELOW * ceiling) this.#passed.delete(key);
      if (value <= ceiling || this.#passed.has(key)) return [];
      this.#passed.add(key);
      const message = `${subject} ${show(value)}${of}, more than the ${show(ceiling)} of logging.system.ceilings.${key}. ${remedy}`;
      return [{ metric, value, ceiling, message }];
    });
  }
}
