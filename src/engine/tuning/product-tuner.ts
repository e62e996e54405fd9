/**
 * Measures the variants of matrix products that a step asked for, once an adapter and shape class, and remembers the
 * fastest. Convolutions are products over windows and are tuned with them.
 *
 * A variant whose bits differ from the default's on this adapter is never taken, so a tuned run has the bits of one that
 * is not.
 */
import type { Target } from '../kernel';
import type { MatrixProduct } from '../kernels/product';
import { PRODUCT_VARIANTS, variantName, variantsFor, type ProductVariant } from '../kernels/product-variants';
import type { ProductChoices } from './product-choices';

/** Compares variants on a device. */
export interface ProductMeter {
  /**
   * Nanoseconds of one dispatch of each variant; Infinity for one whose bits are not the first one's.
   * @returns Null when they cannot be compared here.
   */
  compare(product: MatrixProduct, variants: ProductVariant[]): Promise<number[] | null>;
}

/** Where winners are kept, by class, from run to run: those of this adapter, browser and set of variants. */
export interface TuningMemory {
  load(): Promise<Record<string, string>>;
  /** Adds to what is kept. */
  save(winners: Record<string, string>): Promise<void>;
}

/** What a tuner needs. */
export interface ProductTunerParts {
  choices: ProductChoices;
  target: Target;
  meter: ProductMeter;
  memory: TuningMemory;
  /** Milliseconds that a run may spend on measuring; the class that is being measured then is finished. */
  budget?: number;
  /** Milliseconds on some clock. */
  now?: () => number;
}

/** What one round of measurements gave. */
export interface Tuned {
  /** Classes measured. */
  classes: number;
  /** Those of them whose winner is not the default: what was recorded with the default should be recorded anew. */
  changed: number;
  ms: number;
}

/** Share of the default's time that a variant must save: less than that is noise. */
const LEAST_GAIN = 0.03;

/** Which set of variants and classes winners were chosen from; raise it when kernels change. */
export const TUNING_VERSION = 1;

/** The tuner of one run. */
export class ProductTuner {
  readonly #parts: Required<ProductTunerParts>;
  #spent = 0;

  private constructor(parts: Required<ProductTunerParts>) {
    this.#parts = parts;
  }

  /** A tuner that knows what earlier runs found. */
  static async start(parts: ProductTunerParts): Promise<ProductTuner> {
    const { choices, memory } = parts;
    const variants = new Map(PRODUCT_VARIANTS.map((variant) => [variantName(variant), variant]));
    for (const [name, winner] of Object.entries(await memory.load())) {
      const variant = variants.get(winner);
      if (variant) choices.set(name, variant);
    }
    return new ProductTuner({ budget: 1000, now: () => performance.now(), ...parts });
  }

  /** Whether there is something to measure, and time for it. */
  get due(): boolean {
    return this.#spent < this.#parts.budget && this.#parts.choices.hasUnknown;
  }

  /** Measures what is unknown, as far as the budget goes; nothing else may be under way on the device. */
  async tune(): Promise<Tuned> {
    const { choices, target, meter, memory, budget, now } = this.#parts;
    const started = now();
    const spent = (): number => this.#spent + now() - started;
    const winners: Record<string, string> = {};
    let changed = 0;
    for (const { name, product } of choices.unknown) {
      if (spent() >= budget) break;
      const variants = variantsFor(product, target);
      const times = variants.length > 1 ? await meter.compare(product, variants) : [0];
      const winner = times ? fastest(variants, times) : variants[0];
      choices.set(name, winner);
      // What could not be compared now may be another time.
      if (times) winners[name] = variantName(winner);
      if (winner !== variants[0]) changed++;
    }
    this.#spent = spent();
    const classes = Object.keys(winners).length;
    if (classes > 0) await memory.save(winners);
    return { classes, changed, ms: now() - started };
  }
}

/** The fastest variant; the first, the default, unless another is clearly faster. */
function fastest(variants: ProductVariant[], times: number[]): ProductVariant {
  const best = times.reduce((best, time, i) => (time < times[best] ? i : best), 0);
  return variants[times[best] < (1 - LEAST_GAIN) * times[0] ? best : 0];
}
