/** Commands for a device in the order in which they are queued; dispatches that follow each other share a compute pass. */
import type { Dispatch } from './capture';
import type { BufferRange } from './webgpu-backend';

/** Whole words: what the device clears and copies. */
const words = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** The commands that the device does not have yet. */
export class CommandQueue {
  /** Dispatches queued so far, those submitted included. */
  count = 0;
  /** Dispatches that are queued and not submitted. */
  waiting = 0;
  readonly #device: GPUDevice;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Queues a dispatch. */
  dispatch({ kernel, pipeline, bindGroup }: Dispatch): void {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, bindGroup);
    this.#pass.dispatchWorkgroups(...kernel.workgroups);
    this.waiting++;
    this.count++;
  }

  /** Queues the filling of a range with zeros. */
  clear({ buffer, offset, size }: BufferRange): void {
    this.endPass();
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#encoder.clearBuffer(buffer, offset, words(size));
  }

  /** Queues a copy of `from` to the start of `to`. */
  copy(from: BufferRange, to: BufferRange): void {
    this.endPass();
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, words(from.size));
  }

  /** The next dispatch begins a pass of its own. */
  endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  /** Hands all of it to the device. @returns whether there was anything */
  submit(): boolean {
    if (!this.#encoder) return false;
    this.endPass();
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.waiting = 0;
    return true;
  }
}
