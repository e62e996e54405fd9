/**
 * The arena on WebGPU: one buffer each for weights, gradient and slots, updated in place by one dispatch. Gradients are
 * copied in from tfjs's tensors and weights copied out to its variables, which costs bandwidth but no dispatch.
 *
 * Work is recorded on encoders of our own, submitted after what tfjs has recorded: the queue keeps the order.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Arena } from './arena';
import { CLIP_EPSILON } from './arena-tensors';
import { gradientNorm } from './kernels/gradient-norm';
import { gradientSum } from './kernels/gradient-sum';
import { parameterUpdate } from './kernels/parameter-update';
import type { tf } from './tf';
import type { Scalars, UpdateRule } from './update-rule';

const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
const READBACK = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;

/** An arena of buffers. */
export class BufferArena implements Arena {
  readonly length: number;
  readonly #backend: WebGPUBackend;
  readonly #variables: tf.Variable[];
  readonly #rule: UpdateRule;
  readonly #weight: GPUBuffer;
  readonly #gradient: GPUBuffer;
  readonly #slots: GPUBuffer[];
  readonly #norm: GPUBuffer;
  readonly #scalars: GPUBuffer;
  readonly #scalarValues: Float32Array<ArrayBuffer>;
  readonly #runNorm: (encoder: GPUCommandEncoder) => void;
  readonly #runUpdate: (encoder: GPUCommandEncoder) => void;
  /** Made at the first accumulation of a second batch. */
  #addend: { buffer: GPUBuffer; run: (encoder: GPUCommandEncoder) => void } | null = null;
  #accumulated = 0;
  /** Readback buffers of the norm that are not in use. */
  readonly #free: GPUBuffer[] = [];

  constructor(backend: WebGPUBackend, variables: tf.Variable[], rule: UpdateRule) {
    const { device } = backend;
    this.#backend = backend;
    this.#variables = variables;
    this.#rule = rule;
    this.length = variables.reduce((sum, variable) => sum + variable.size, 0);
    this.#weight = this.#make(this.length);
    this.#gradient = this.#make(this.length);
    this.#slots = rule.slots.map(() => this.#make(this.length));
    this.#norm = this.#make(1);
    // Behind the rule's scalars stands the largest norm, 0 for no clipping.
    this.#scalarValues = new Float32Array(rule.scalars.length + 1);
    this.#scalars = this.#make(this.#scalarValues.length);
    const norm = gradientNorm(device, this.#gradient, this.#norm, this.length);
    this.#runNorm = norm;
    this.#runUpdate = parameterUpdate(
      device,
      rule,
      { weight: this.#weight, gradient: this.#gradient, norm: this.#norm, scalars: this.#scalars, slots: this.#slots },
      this.length,
      CLIP_EPSILON,
    );
    this.loadSlots(rule.slots.map(() => new Float32Array(this.length)));
    this.refresh();
  }

  accumulate(gradients: tf.Tensor[]): void {
    const encoder = this.#begin(gradients);
    if (this.#accumulated === 0) {
      this.#copyIn(encoder, gradients, this.#gradient);
    } else {
      this.#addend ??= this.#makeAddend();
      this.#copyIn(encoder, gradients, this.#addend.buffer);
      this.#addend.run(encoder);
    }
    this.#accumulated++;
    this.#submit(encoder);
  }

  apply(scalars: Scalars, clip: number | null): Promise<number> {
    if (this.#accumulated === 0) throw new RangeError('No gradient was accumulated.');
    this.#accumulated = 0;
    this.#rule.scalars.forEach((name, i) => (this.#scalarValues[i] = scalars[name]));
    this.#scalarValues[this.#rule.scalars.length] = clip ?? 0;
    this.#backend.queue.writeBuffer(this.#scalars, 0, this.#scalarValues);
    const encoder = this.#begin(this.#variables);
    this.#runNorm(encoder);
    this.#runUpdate(encoder);
    let offset = 0;
    for (const variable of this.#variables) {
      encoder.copyBufferToBuffer(this.#weight, 4 * offset, this.#bufferOf(variable), 0, 4 * variable.size);
      offset += variable.size;
    }
    const readback = this.#free.pop() ?? this.#backend.device.createBuffer({ size: 4, usage: READBACK });
    encoder.copyBufferToBuffer(this.#norm, 0, readback, 0, 4);
    this.#submit(encoder);
    return this.#readNorm(readback);
  }

  async snapshot(): Promise<{ weights: Float32Array; slots: Float32Array[] }> {
    const parts = [this.#weight, ...this.#slots];
    const bytes = 4 * this.length;
    const readback = this.#backend.device.createBuffer({ size: Math.max(4, bytes * parts.length), usage: READBACK });
    const encoder = this.#begin();
    parts.forEach((part, i) => encoder.copyBufferToBuffer(part, 0, readback, i * bytes, bytes));
    this.#submit(encoder);
    try {
      await readback.mapAsync(GPUMapMode.READ);
      const mapped = readback.getMappedRange();
      const [weights, ...slots] = parts.map((_, i) => new Float32Array(mapped.slice(i * bytes, (i + 1) * bytes)));
      return { weights, slots };
    } finally {
      readback.destroy();
    }
  }

  loadSlots(slots: Float32Array[]): void {
    this.#slots.forEach((buffer, i) => this.#backend.queue.writeBuffer(buffer, 0, slots[i].slice()));
  }

  refresh(): void {
    const encoder = this.#begin(this.#variables);
    this.#copyIn(encoder, this.#variables, this.#weight);
    this.#submit(encoder);
  }

  dispose(): void {
    const { bufferManager } = this.#backend;
    const buffers = [this.#weight, this.#gradient, ...this.#slots, this.#norm, this.#scalars];
    if (this.#addend) buffers.push(this.#addend.buffer);
    for (const buffer of buffers) bufferManager.releaseBuffer(buffer, false);
    for (const buffer of this.#free) buffer.destroy();
  }

  /** A buffer that counts as the backend's memory. */
  #make(length: number): GPUBuffer {
    return this.#backend.bufferManager.acquireBuffer(Math.max(4, 4 * length), STORAGE, false, false);
  }

  #makeAddend(): { buffer: GPUBuffer; run: (encoder: GPUCommandEncoder) => void } {
    const buffer = this.#make(this.length);
    return { buffer, run: gradientSum(this.#backend.device, this.#gradient, buffer, this.length) };
  }

  /**
   * An encoder behind everything that tfjs has recorded so far, uploads of `tensors` included: an upload into a buffer of
   * the pool is itself a recorded copy.
   */
  #begin(tensors: tf.Tensor[] = []): GPUCommandEncoder {
    for (const tensor of tensors) this.#backend.uploadToGPU(tensor.dataId);
    this.#backend.ensureCommandEncoderReady();
    this.#backend.endComputePassEncoder();
    this.#backend.submitQueue();
    return this.#backend.device.createCommandEncoder();
  }

  #submit(encoder: GPUCommandEncoder): void {
    this.#backend.queue.submit([encoder.finish()]);
  }

  #copyIn(encoder: GPUCommandEncoder, tensors: tf.Tensor[], target: GPUBuffer): void {
    let offset = 0;
    for (const tensor of tensors) {
      encoder.copyBufferToBuffer(this.#bufferOf(tensor), 0, target, 4 * offset, 4 * tensor.size);
      offset += tensor.size;
    }
  }

  /** The buffer behind a tensor that was uploaded; what tfjs cached of it on the CPU is forgotten. */
  #bufferOf(tensor: tf.Tensor): GPUBuffer {
    const data = this.#backend.tensorMap.get(tensor.dataId);
    if (!(data.resource instanceof GPUBuffer)) throw new TypeError('A tensor without a buffer.');
    // Typed as never null, but that is how tfjs itself says that nothing is cached.
    Reflect.set(data, 'values', null);
    return data.resource;
  }

  async #readNorm(readback: GPUBuffer): Promise<number> {
    await readback.mapAsync(GPUMapMode.READ);
    const [value] = new Float32Array(readback.getMappedRange());
    readback.unmap();
    this.#free.push(readback);
    return value;
  }
}
