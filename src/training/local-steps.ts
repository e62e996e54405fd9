/**
 * Steps that a peer takes by itself between two averages (DiLoCo: Douillard et al., “Distributed Low-Communication
 * Training of Language Models”, 2023): each worker trains from the common weights with an optimizer of its own; what it
 * moved them by is averaged as if it were a gradient, and an outer SGD with Nesterov momentum goes on from that.
 */
import type { OptimizerConfig } from '../config/optimizers';
import type { Batch } from '../data/contract';
import type { Backend } from '../engine/backend';
import type { tf } from '../engine/tf';
import { setVariable } from '../engine/variables';
import type { Model } from '../models/model';
import type { BucketSink } from './collective';
import { trainableVariables } from './forward-backward';
import type { GivenWeights, ItemStep } from './item-step';
import { TrainStep, type TrainStepOptions } from './train-step';

/** The outer optimizer, with the settings of the paper. */
export const OUTER_OPTIMIZER: OptimizerConfig = {
  name: 'sgd',
  learning_rate: 0.7,
  momentum: 0.9,
  nesterov: true,
  weight_decay: 0,
};

/** Rounds of one model. */
export class LocalSteps implements ItemStep {
  readonly buckets: [start: number, end: number][];
  readonly statistics: number;
  readonly storage;
  /** The loss is scaled within the steps. */
  readonly lossScale = null;
  readonly #step: TrainStep;
  readonly #moving: tf.Variable[];
  readonly #length: number;
  #given: GivenWeights | null = null;
  /** Updates taken and optimizer state by item: a worker that moves to another peer begins anew. */
  readonly #workers = new Map<number, { steps: number; slots: Float32Array[]; scaler: number[] }>();

  constructor(backend: Backend, model: Model, options: TrainStepOptions) {
    this.#step = new TrainStep(backend, model, { ...options, accumulates: false, ema: null });
    this.storage = this.#step.storage;
    this.#moving = model.weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
    this.statistics = this.#moving.reduce((sum, { size }) => sum + size, 0);
    this.#length = trainableVariables(model).reduce((sum, { size }) => sum + size, 0);
    this.buckets = [[0, this.#length]];
    if (this.statistics > 0) this.buckets.push([this.#length, this.#length + this.statistics]);
  }

  give(given: GivenWeights): void {
    this.#given = given;
    this.#load(given, [], []);
  }

  async compute(
    item: number,
    batches: Iterable<Batch | Promise<Batch>>,
    share: number,
    pass: number,
    rate: number,
    sink: BucketSink,
  ): Promise<Float32Array[]> {
    const given = this.#given;
    if (!given) throw new TypeError('Steps were asked for before there were weights.');
    const worker = this.#workers.get(item) ?? { steps: 0, slots: [], scaler: [] };
    this.#load(given, worker.slots, worker.scaler);
    const outputs: Float32Array[] = [];
    let steps = 0;
    try {
      for (const next of batches) {
        const batch = await next;
        const result = await this.#step.run([batch], worker.steps + steps + 1, pass + steps, rate);
        outputs.push(...result.outputs);
        steps++;
      }
    } catch (error) {
      // What follows begins with the common weights.
      this.#load(given, [], []);
      throw error;
    }
    const moved = Promise.all(this.#moving.map((variable) => variable.data<'float32'>()));
    const { weights, slots, scaler } = await this.#step.arena.snapshot();
    this.#workers.set(item, { steps: worker.steps + steps, slots, scaler });
    sink(
      0,
      Float32Array.from(weights, (weight, i) => (given.weights[i] - weight) * share),
    );
    if (this.statistics > 0) {
      const values = (await moved).flatMap((numbers) => [...numbers]);
      sink(
        1,
        Float32Array.from(values, (value) => value * share),
      );
    }
    // Whatever is evaluated or saved next are the common weights.
    this.#load(given, [], []);
    return outputs;
  }

  dispose(): void {
    this.#step.dispose();
  }

  #load({ weights, statistics }: GivenWeights, slots: Float32Array[], scaler: number[]): void {
    const { arena } = this.#step;
    const fresh = this.#step.slots.map((_, i) => slots.at(i) ?? new Float32Array(this.#length));
    arena.load({ weights, slots: fresh, average: null, scaler });
    let at = 0;
    for (const variable of this.#moving) {
      setVariable(variable, statistics.subarray(at, at + variable.size));
      at += variable.size;
    }
  }
}
