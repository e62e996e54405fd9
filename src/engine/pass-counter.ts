/** The number of a forward pass of training: what dropout draws its masks by. */
import { latheBackend } from './ops/lathe-backend';
import type { BufferRange, LatheBackend } from './webgpu-backend';

/** A number that JavaScript sets and, on WebGPU, kernels read from a buffer: a recorded step sees each new one. */
export class PassCounter {
  readonly #backend: LatheBackend | null = latheBackend();
  /** `[1] u32`; null where no kernel of ours computes. */
  readonly range: BufferRange | null;
  #pass = 0;

  constructor() {
    const backend = this.#backend;
    this.range = backend && { buffer: backend.buffer(4, 'inputs'), offset: 0, size: 4 };
    this.set(0);
  }

  /** The number of the pass to come. */
  get pass(): number {
    return this.#pass;
  }

  set(pass: number): void {
    this.#pass = pass;
    if (this.range) this.#backend?.upload(this.range, Uint32Array.of(pass));
  }

  dispose(): void {
    if (this.range) this.#backend?.free(this.range.buffer);
  }
}
