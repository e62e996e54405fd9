/** Compares variants of matrix products on a device, over buffers of the real sizes that are no memory of the run. */
import type { Capture, Dispatch } from '../capture';
import { storageBytes, type Kernel, type Target } from '../kernel';
import { DIFFERENCE_LANES, differences } from '../kernels/differences';
import { matrixProduct } from '../kernels/matrix-product';
import { multiplyAdd } from '../kernels/multiply-add';
import { noise } from '../kernels/noise';
import { productBindings, type MatrixProduct } from '../kernels/product';
import type { ProductVariant } from '../kernels/product-variants';
import { ReplayTimer } from '../profiler/replay-timer';
import type { BufferRange, LatheBackend } from '../webgpu-backend';
import type { ProductMeter } from './product-tuner';

/** Nanoseconds that a timed pass should take: browsers round timestamps to 100 µs. */
const LONG_ENOUGH = 2e6;

/** Most repetitions in a pass. */
const MOST_REPEATS = 256;

/** Nanoseconds of one submit: watchdogs end a device that is busy for seconds. */
const LONGEST_SUBMIT = 2e8;

/** Most bytes of the buffers together. */
const MOST_BYTES = 2 ** 30;

/** How much slower than the fastest a variant may be after one pass, to be timed again. */
const PROMISING = 1.3;

/** Further passes of promising variants. */
const ROUNDS = 3;

/** STORAGE, COPY_SRC and COPY_DST (https://www.w3.org/TR/webgpu/#buffer-usage): Node knows no `GPUBufferUsage`. */
const USAGE = 0x80 | 0x4 | 0x8;

type KernelOf = (product: MatrixProduct, target: Target, variant: ProductVariant) => Kernel;

/** A meter on a device. */
export class DeviceMeter implements ProductMeter {
  readonly #backend: LatheBackend;
  readonly #kernelOf: KernelOf;
  readonly #timer: ReplayTimer;

  /** @param kernelOf Makes the kernel of a variant. */
  constructor(backend: LatheBackend, kernelOf: KernelOf = matrixProduct) {
    this.#backend = backend;
    this.#kernelOf = kernelOf;
    this.#timer = new ReplayTimer(backend);
  }

  async compare(product: MatrixProduct, variants: ProductVariant[]): Promise<number[] | null> {
    const scratch = await this.#scratch(product);
    if (!scratch) return null;
    const captures: Capture[] = [];
    const { device } = this.#backend;
    try {
      // A variant that a driver refuses must not end the run.
      device.pushErrorScope('validation');
      device.pushErrorScope('internal');
      const dispatches = variants.map((variant, i) => {
        const outputs = i === 0 ? scratch.expected : scratch.outputs;
        const kernel = this.#kernelOf(product, this.#backend.target, variant);
        const { capture } = this.#backend.record(() => this.#backend.run(kernel, [...scratch.inputs, ...outputs]));
        captures.push(capture);
        if (i > 0) this.#countDifferences(scratch, i);
        return capture.segments[0][0];
      });
      this.#backend.flush();
      const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
      if (errors.some((error) => error !== null)) return null;
      const [bytes] = await this.#backend.readRanges([scratch.counts]);
      const counts = new Uint32Array(bytes);
      const sound = dispatches.map((_, i) =>
        counts
          .subarray(i * DIFFERENCE_LANES * scratch.outputs.length, (i + 1) * DIFFERENCE_LANES * scratch.outputs.length)
          .every((count) => count === 0),
      );
      return await this.#times(dispatches, sound, this.#backend);
    } finally {
      for (const capture of captures) capture.dispose();
      scratch.dispose();
    }
  }

  /** Frees the timer's memory. */
  dispose(): void {
    this.#timer.dispose();
  }

  /** Nanoseconds of each dispatch, by passes of several in turn; Infinity for those that are not `sound`. */
  async #times(dispatches: Dispatch[], sound: boolean[], backend: LatheBackend): Promise<number[]> {
    const { count, mostPerSubmit } = await this.#repeats(dispatches[0], backend);
    const times = dispatches.map(() => Infinity);
    const round = async (chosen: number[]): Promise<void> => {
      const groups = chosen.map((i) => Array.from({ length: count }, () => dispatches[i]));
      const passes = await this.#timer.passes(groups, mostPerSubmit);
      passes.forEach(({ ns }, k) => (times[chosen[k]] = Math.min(times[chosen[k]], ns / count)));
    };
    await round(dispatches.flatMap((_, i) => (sound[i] ? [i] : [])));
    const limit = PROMISING * Math.min(...times);
    const promising = dispatches.flatMap((_, i) => (i === 0 || times[i] <= limit ? [i] : []));
    for (let k = 0; k < ROUNDS && promising.length > 1; k++) await round(promising);
    return times;
  }

  /** How often a dispatch is repeated in a pass, so that rounding does not matter, and how many fit in a submit. */
  async #repeats(dispatch: Dispatch, backend: LatheBackend): Promise<{ count: number; mostPerSubmit: number }> {
    for (let count = 1; ; count *= 4) {
      const [{ ns }] = await this.#timer.passes([Array.from({ length: count }, () => dispatch)]);
      if (ns >= LONG_ENOUGH || count >= MOST_REPEATS) {
        if (ns === 0 && this.#timer.method !== 'wall') await this.#useWall(backend);
        return { count, mostPerSubmit: Math.max(1, Math.floor((LONGEST_SUBMIT * count) / Math.max(1, ns))) };
      }
    }
  }

  /** Timestamps are worth nothing here. */
  async #useWall(backend: LatheBackend): Promise<void> {
    const ranges = [8, 4].map((size) => ({ buffer: backend.buffer(size, 'workspace'), offset: 0, size }));
    const { capture } = backend.record(() => backend.run(multiplyAdd(1, 1, false), ranges));
    await this.#timer.useWall(capture.segments[0][0]);
    capture.dispose();
    for (const { buffer } of ranges) backend.free(buffer);
  }

  /** Compares what a variant wrote with what the first did, and overwrites it. */
  #countDifferences({ expected, outputs, counts }: Scratch, variant: number): void {
    const size = 4 * DIFFERENCE_LANES;
    outputs.forEach((output, k) => {
      const place = { buffer: counts.buffer, offset: (variant * outputs.length + k) * size, size };
      this.#backend.run(differences(output.size / 4), [expected[k], output, place]);
      // The next one must not pass with these numbers.
      this.#backend.clear(output);
    });
  }

  /** Buffers for a product, its inputs filled; null where there is no memory for them. */
  async #scratch(product: MatrixProduct): Promise<Scratch | null> {
    const { device } = this.#backend;
    const bindings = productBindings(product).map((binding) => ({
      ...binding,
      size: storageBytes(binding.storage, binding.length),
    }));
    const reads = bindings.filter(({ access }) => access === 'read');
    const writes = bindings.filter(({ access }) => access === 'read_write');
    const countBytes = 4 * DIFFERENCE_LANES * MOST_VARIANTS * writes.length;
    const total = [...bindings, ...writes].reduce((sum, { size }) => sum + size, countBytes);
    const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    if (total > MOST_BYTES || bindings.some(({ size }) => size > most)) return null;
    device.pushErrorScope('out-of-memory');
    const make = ({ size }: { size: number }): BufferRange => ({
      buffer: device.createBuffer({ label: 'tuning', size, usage: USAGE }),
      offset: 0,
      size,
    });
    const inputs = reads.map(make);
    const expected = writes.map(make);
    const outputs = writes.map(make);
    const counts = make({ size: countBytes });
    const dispose = (): void => {
      for (const { buffer } of [...inputs, ...expected, ...outputs, counts]) buffer.destroy();
    };
    if (await device.popErrorScope()) {
      dispose();
      return null;
    }
    reads.forEach(({ length, storage }, i) => this.#backend.run(noise(length, storage), [inputs[i]]));
    return { inputs, expected, outputs, counts, dispose };
  }
}

/** Most variants that are compared at once. */
const MOST_VARIANTS = 12;

interface Scratch {
  inputs: BufferRange[];
  /** What the first variant writes. */
  expected: BufferRange[];
  /** What the others write, one after another. */
  outputs: BufferRange[];
  /** `[variant, output, lane] uint32`: words that differ. */
  counts: BufferRange;
  dispose(): void;
}
