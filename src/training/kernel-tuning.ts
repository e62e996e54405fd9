/** Tunes kernels to the adapter between the steps of a run, and has recorded again what other kernels were found for. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import type { Backend } from '../engine/backend';
import { DeviceMeter } from '../engine/tuning/device-meter';
import { ProductTuner, TUNING_VERSION } from '../engine/tuning/product-tuner';
import type { Inference } from '../models/inference';
import type { Database } from '../store/database';
import { addTunings, getTunings } from '../store/tunings';
import type { TrainStep } from './train-step';

/** What tuning works with. */
export interface KernelTuningParts {
  backend: Backend;
  database: Database;
  step: TrainStep;
  inference: Inference;
  log: (level: 'info' | 'warning', message: string) => void;
}

/**
 * Whether a run tunes: on GPUs, unless the config says otherwise. The table for software adapters is good as it is:
 * measured on SwiftShader, the fastest variants save less of the products' time than it takes to compile the others.
 */
const tunes = ({ training }: RunConfig, { info }: Backend): boolean => training.tune_kernels ?? !info.software;

/** The tuning of one sitting. */
export class KernelTuning {
  readonly #parts: KernelTuningParts;
  readonly #meter: DeviceMeter;
  readonly #tuner: ProductTuner;
  #failed = false;

  private constructor(parts: KernelTuningParts, meter: DeviceMeter, tuner: ProductTuner) {
    this.#parts = parts;
    this.#meter = meter;
    this.#tuner = tuner;
  }

  /** Chooses what earlier runs found to be fastest. @returns Null where the run does not tune. */
  static async start(config: RunConfig, parts: KernelTuningParts): Promise<KernelTuning | null> {
    const { backend, database } = parts;
    const { webgpu, info } = backend;
    if (!webgpu || !tunes(config, backend)) return null;
    const environment = `${TUNING_VERSION} ${navigator.userAgent}`;
    const meter = new DeviceMeter(webgpu);
    const tuner = await ProductTuner.start({
      choices: webgpu.products,
      target: webgpu.target,
      meter,
      memory: {
        load: () => getTunings(database, info.adapter, environment),
        save: (winners) => addTunings(database, info.adapter, environment, winners),
      },
    });
    return new KernelTuning(parts, meter, tuner);
  }

  /** Whether there is something to measure. */
  get due(): boolean {
    return !this.#failed && this.#tuner.due;
  }

  /** Measures it; no step may be under way. What fails is told and left: the run goes on with the kernels it has. */
  async tune(): Promise<void> {
    const { step, inference, log } = this.#parts;
    try {
      const { classes, changed, ms } = await this.#tuner.tune();
      if (changed > 0) {
        step.recordAgain();
        inference.recordAgain();
      }
      const products = classes === 1 ? 'One kind of matrix product was' : `${classes} kinds of matrix products were`;
      log('info', `${products} measured on this adapter in ${Math.round(ms)} ms; ${changed} got another kernel.`);
    } catch (error) {
      this.#failed = true;
      log('warning', `The run goes on without tuning its kernels, which failed: ${LatheError.from(error).message}`);
    }
  }

  /** Frees the memory. */
  dispose(): void {
    this.#meter.dispose();
  }
}
