/**
 * A recorded step: the dispatches of one eager run, with the buffers they use, to be queued again as often as wanted.
 * The recording *is* an eager run, so the first step has the very bits of the later ones.
 *
 * What a replay needs from outside stands in buffers written before it (`inputs`); everything else that JavaScript
 * computed while recording is a constant of the recording.
 */
import { BufferPool, STORAGE, UNIFORM, type MemoryAccount } from './buffer-pool';
import type { Kernel } from './kernel';
import type { BufferRange } from './webgpu-backend';

/** One recorded dispatch. */
export interface Dispatch {
  kernel: Kernel;
  /** Where it was queued: the layer and the pass, `dense_1 forward`. */
  scope: string;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  /** What it writes to, where that is a part of a buffer. */
  writes: BufferRange[];
}

/** What a recording holds. Made by `LatheBackend.record`. */
export class Capture {
  /** Dispatches in their order; a segment is a part that can be replayed by itself, cut by `LatheBackend.cut`. */
  readonly segments: Dispatch[][] = [[]];
  /** Buffers of intermediate results. They are reused in program order within the recording. */
  readonly pool: BufferPool;
  /** Buffers filled while recording: constants, which nothing may reuse. */
  readonly constants: BufferPool;
  /** Shapes that tfjs's programs read. */
  readonly uniforms: BufferPool;
  /** Most dispatches of one submit: long ones are cut, since watchdogs end what keeps a device busy for seconds. */
  mostPerSubmit = Infinity;

  constructor(device: GPUDevice, account: MemoryAccount) {
    // What is free in it serves nobody but the recording.
    this.pool = new BufferPool(device, account, STORAGE, 'activations');
    this.constants = new BufferPool(device, account);
    this.uniforms = new BufferPool(device, account, UNIFORM);
  }

  /** Dispatches of a whole replay. */
  get dispatches(): number {
    return this.segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  /**
   * Cuts the recording so that segment `i` ends with the last dispatch that writes into `ranges[i]`, or into one before it.
   * What comes behind joins the last segment.
   */
  cutAfter(ranges: BufferRange[]): void {
    const dispatches = this.segments.flat();
    let start = 0;
    const segments = ranges.map((range) => {
      const last = dispatches.findLastIndex(({ writes }) => writes.some((written) => overlap(written, range)));
      const segment = dispatches.slice(start, last + 1);
      start = Math.max(start, last + 1);
      return segment;
    });
    segments[segments.length - 1].push(...dispatches.slice(start));
    this.segments.splice(0, this.segments.length, ...segments);
  }

  /** Bytes of all its buffers. */
  get bytes(): number {
    return this.pool.bytes + this.constants.bytes + this.uniforms.bytes;
  }

  /** Bytes of the largest of them. */
  get largest(): number {
    return Math.max(this.pool.largest, this.constants.largest);
  }

  /** Frees the memory. The recording cannot be replayed any more. */
  dispose(): void {
    this.segments.length = 0;
    this.pool.dispose();
    this.constants.dispose();
    this.uniforms.dispose();
  }
}

const overlap = (a: BufferRange, b: BufferRange): boolean =>
  a.buffer === b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
