/**
 * Device memory in buffers, accounted by what it is for. Released buffers are kept for the next taker of their size
 * class, up to a share of what is in use; the rest is given back to the device.
 */

import { sizeInWords } from '../base/bytes';
import { createBuffer, largestBuffer, OutOfMemory } from './device-memory';

/** What memory is for. */
export type Purpose =
  'weights' | 'gradients' | 'optimizer' | 'activations' | 'inputs' | 'uniforms' | 'workspace' | 'readback';

/** Bytes held, by purpose; `pooled` ones wait for a taker. */
export type MemoryReport = Record<Purpose | 'pooled', number>;

/**
 * Usages as numbers of the specification (https://www.w3.org/TR/webgpu/#buffer-usage): these modules are also loaded where
 * there is no WebGPU, and no `GPUBufferUsage`.
 */
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM_USAGE, STORAGE_USAGE] = [0x1, 0x4, 0x8, 0x40, 0x80];

/** Usage of every buffer that kernels read or write. */
export const STORAGE = STORAGE_USAGE | COPY_SRC | COPY_DST;

/** Usage of the buffers that hold the shapes of tfjs's programs. */
export const UNIFORM = UNIFORM_USAGE | COPY_DST;

/** Usage of the buffers that numbers are read back through. */
export const READBACK = MAP_READ | COPY_DST;

/** Free bytes that are always kept, so that small models never trim. */
const KEPT = 32 * 2 ** 20;

/** Smallest buffer: below it, sizes are one class. */
const SMALLEST = 256;

/**
 * Size of the buffers that serve `bytes`: 1, 1.25, 1.5 or 1.75 times a power of two, so that at most a fifth is wasted
 * and buffers of nearly equal tensors serve each other.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const quarter = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / quarter) * quarter;
}

interface Held {
  purpose: Purpose;
  size: number;
}

/** Totals that several pools of one device share. */
export class MemoryAccount {
  readonly #bytes = new Map<Purpose | 'pooled', number>();
  #total = 0;
  #peak = 0;
  #refuse: (error: OutOfMemory) => void = () => undefined;

  /** Resolves when the device refuses memory for the first time. */
  readonly refused = new Promise<OutOfMemory>((resolve) => (this.#refuse = resolve));

  /** Bytes now held, the pooled ones included. */
  get total(): number {
    return this.#total;
  }

  /** Largest `total` so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Bytes by purpose. */
  report(): MemoryReport {
    const of = (key: Purpose | 'pooled'): number => this.#bytes.get(key) ?? 0;
    return {
      weights: of('weights'),
      gradients: of('gradients'),
      optimizer: of('optimizer'),
      activations: of('activations'),
      inputs: of('inputs'),
      uniforms: of('uniforms'),
      workspace: of('workspace'),
      readback: of('readback'),
      pooled: of('pooled'),
    };
  }

  /** The device had no `bytes` for `purpose`. */
  refuse(bytes: number, purpose: Purpose): void {
    const { pooled, ...used } = this.report();
    const most = Object.entries(used).reduce((a, b) => (b[1] > a[1] ? b : a));
    this.#refuse(
      new OutOfMemory(
        `The GPU has no ${sizeInWords(bytes)} more (${purpose}): ${sizeInWords(this.#total - pooled)} are in use, most of it by ${most[0]} (${sizeInWords(most[1])}).`,
      ),
    );
  }

  add(key: Purpose | 'pooled', bytes: number): void {
    this.#bytes.set(key, (this.#bytes.get(key) ?? 0) + bytes);
    this.#total += bytes;
    this.#peak = Math.max(this.#peak, this.#total);
  }
}

/** A pool of buffers of one usage. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #usage: GPUBufferUsageFlags;
  readonly #account: MemoryAccount;
  readonly #idle: Purpose | 'pooled';
  readonly #held = new Map<GPUBuffer, Held>();
  readonly #free = new Map<number, GPUBuffer[]>();
  #freeBytes = 0;
  #heldBytes = 0;

  /** @param idle What free buffers are accounted as: `pooled` where any taker may come. */
  constructor(
    device: GPUDevice,
    account: MemoryAccount,
    usage: GPUBufferUsageFlags = STORAGE,
    idle: Purpose | 'pooled' = 'pooled',
  ) {
    this.#device = device;
    this.#idle = idle;
    this.#account = account;
    this.#usage = usage;
  }

  /** Buffers in use and free. */
  get count(): number {
    let free = 0;
    for (const buffers of this.#free.values()) free += buffers.length;
    return this.#held.size + free;
  }

  /** Bytes in use and free. */
  get bytes(): number {
    return this.#heldBytes + this.#freeBytes;
  }

  /** Bytes of the largest buffer there is. */
  get largest(): number {
    const free = [...this.#free].flatMap(([size, buffers]) => (buffers.length > 0 ? [size] : []));
    return Math.max(0, ...free, ...[...this.#held.values()].map(({ size }) => size));
  }

  /** A buffer of at least `bytes`, with whatever content. @throws OutOfMemory when the adapter allows none so large. */
  acquire(bytes: number, purpose: Purpose): GPUBuffer {
    // Rounding up must not exceed a limit that the bytes themselves keep.
    const size = Math.max(bytes, Math.min(sizeClass(bytes), largestBuffer(this.#device)));
    let buffer = this.#free.get(size)?.pop();
    if (buffer) {
      this.#freeBytes -= size;
      this.#account.add(this.#idle, -size);
    } else {
      buffer = createBuffer(this.#device, this.#account, { label: purpose, size, usage: this.#usage }, purpose);
    }
    this.#held.set(buffer, { purpose, size });
    this.#heldBytes += size;
    this.#account.add(purpose, size);
    return buffer;
  }

  /** Whether the buffer was acquired here and not released. */
  owns(buffer: GPUBuffer): boolean {
    return this.#held.has(buffer);
  }

  /** Takes a buffer back. Commands recorded before may still use it: those that a later taker records come behind them. */
  release(buffer: GPUBuffer): void {
    const held = this.#held.get(buffer);
    if (!held) throw new RangeError('A buffer was released twice, or to a pool that it is not from.');
    this.#held.delete(buffer);
    this.#heldBytes -= held.size;
    this.#account.add(held.purpose, -held.size);
    this.#account.add(this.#idle, held.size);
    this.#freeBytes += held.size;
    const free = this.#free.get(held.size);
    if (free) free.push(buffer);
    else this.#free.set(held.size, [buffer]);
  }

  /** Destroys free buffers beyond what is worth keeping. Call only when no unsubmitted command uses one. */
  trim(keep = Math.max(KEPT, this.#heldBytes)): void {
    if (this.#freeBytes <= keep) return;
    // The largest first: fewest buffers have to be made again.
    for (const size of [...this.#free.keys()].sort((a, b) => b - a)) {
      const buffers = this.#free.get(size) ?? [];
      while (buffers.length > 0 && this.#freeBytes > keep) {
        buffers.pop()?.destroy();
        this.#freeBytes -= size;
        this.#account.add(this.#idle, -size);
      }
      if (buffers.length === 0) this.#free.delete(size);
    }
  }

  /** Destroys every buffer, those in use too. */
  dispose(): void {
    this.trim(0);
    for (const [buffer, { purpose, size }] of this.#held) {
      buffer.destroy();
      this.#account.add(purpose, -size);
    }
    this.#held.clear();
    this.#heldBytes = 0;
  }
}
