/**
 * A function of tensors that is recorded the first time it runs with inputs of given shapes, and replayed afterwards.
 * Inputs lie in buffers of its own, which each call fills; outputs are ranges that the next call overwrites.
 */
import type { Capture } from './capture';
import { tf } from './tf';
import type { BufferRange, LatheBackend } from './webgpu-backend';

/** Numbers for one input. */
export interface Input {
  values: Float32Array | Int32Array;
  shape: number[];
}

interface Recording {
  inputs: BufferRange[];
  capture: Capture;
  tensors: tf.Tensor[];
  outputs: BufferRange[];
  /** Whether its time was taken. */
  timed: boolean;
}

/** Longest time of one submit, in milliseconds: watchdogs end a device that does not answer for a few seconds. */
const LONGEST_SUBMIT = 200;

/** Recordings differ by the shapes of their inputs. */
const keyOf = (inputs: Pick<Input, 'shape'>[]): string => inputs.map(({ shape }) => shape.join('×')).join(' ');

/** Recordings of one function. */
export class RecordedFunction {
  readonly #backend: LatheBackend;
  readonly #f: (inputs: tf.Tensor[]) => tf.Tensor[];
  readonly #recordings = new Map<string, Recording>();

  /** @param f Computes with dispatches only: no reading back, and nothing random that does not come from a buffer. */
  constructor(backend: LatheBackend, f: (inputs: tf.Tensor[]) => tf.Tensor[]) {
    this.#backend = backend;
    this.#f = f;
  }

  /** What was recorded so far. */
  get captures(): Capture[] {
    return [...this.#recordings.values()].map(({ capture }) => capture);
  }

  /**
   * Queues one run over `inputs`.
   * @returns Where the outputs will lie; they hold until the next call with inputs of these shapes.
   * @throws LatheError of kind `internal` when the function cannot be recorded.
   */
  run(inputs: Input[]): BufferRange[] {
    const key = keyOf(inputs);
    const known = this.#recordings.get(key);
    if (!known) return this.#record(key, inputs).outputs;
    inputs.forEach(({ values }, i) => this.#backend.upload(known.inputs[i], values));
    const started = performance.now();
    this.#backend.replay(known.capture);
    if (!known.timed) this.#time(known, started);
    return known.outputs;
  }

  /**
   * Queues one run as `run` does, in parts: part `i` ends where `ranges[i]` is written for the last time, and `after` is
   * called when it is queued. The run that is recorded is queued whole first.
   */
  runInParts(inputs: Input[], ranges: BufferRange[], after: (part: number) => void): BufferRange[] {
    const known = this.#recordings.get(keyOf(inputs));
    if (!known) {
      const { capture, outputs } = this.#record(keyOf(inputs), inputs);
      capture.cutAfter(ranges);
      ranges.forEach((_, part) => after(part));
      return outputs;
    }
    inputs.forEach(({ values }, i) => this.#backend.upload(known.inputs[i], values));
    ranges.forEach((_, part) => {
      this.#backend.replay(known.capture, part);
      after(part);
    });
    return known.outputs;
  }

  /** The recording for inputs of these shapes. */
  capture(inputs: Pick<Input, 'shape'>[]): Capture | null {
    return this.#recordings.get(keyOf(inputs))?.capture ?? null;
  }

  /** Fills the inputs of the recording for these shapes, and leaves its replay to the caller. Null: there is none yet. */
  fill(inputs: Input[]): { capture: Capture; outputs: BufferRange[] } | null {
    const known = this.#recordings.get(keyOf(inputs));
    if (!known) return null;
    inputs.forEach(({ values }, i) => this.#backend.upload(known.inputs[i], values));
    return known;
  }

  dispose(): void {
    for (const { capture, inputs, tensors } of this.#recordings.values()) {
      tf.dispose(tensors);
      for (const { buffer } of inputs) this.#backend.free(buffer);
      capture.dispose();
    }
    this.#recordings.clear();
  }

  #record(key: string, inputs: Input[]): Recording {
    const backend = this.#backend;
    const ranges = inputs.map(({ values }) => ({
      buffer: backend.buffer(values.byteLength, 'inputs'),
      offset: 0,
      size: values.byteLength,
    }));
    inputs.forEach(({ values }, i) => backend.upload(ranges[i], values));
    const views = inputs.map(({ values, shape }, i) =>
      tf
        .engine()
        .makeTensorFromTensorInfo(backend.view(ranges[i], shape, values instanceof Int32Array ? 'int32' : 'float32')),
    );
    try {
      const { capture, value } = backend.record(() => tf.tidy(() => this.#f(views).map((output) => tf.keep(output))));
      const outputs = value.map((output) => backend.rangeOf(output));
      const recording = { inputs: ranges, capture, tensors: [...views, ...value], outputs, timed: false };
      this.#recordings.set(key, recording);
      return recording;
    } catch (error) {
      tf.dispose(views);
      for (const { buffer } of ranges) backend.free(buffer);
      throw error;
    }
  }

  #time(recording: Recording, started: number): void {
    recording.timed = true;
    this.#backend.flush();
    void this.#backend.queue.onSubmittedWorkDone().then(() => {
      const ms = performance.now() - started;
      if (ms <= LONGEST_SUBMIT) return;
      const { capture } = recording;
      capture.mostPerSubmit = Math.max(1, Math.floor((capture.dispatches * LONGEST_SUBMIT) / ms));
    });
  }
}
