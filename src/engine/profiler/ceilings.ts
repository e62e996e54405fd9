/**
 * What the adapter reaches at most, measured: a large copy for bytes a second, a kernel of nothing but multiply-adds for
 * floating point operations a second, and many tiny dispatches for the cost of one. A roofline (Williams, Waterman and
 * Patterson, “Roofline: an insightful visual performance model”, 2009) needs no more.
 */
import type { Ceilings } from '../../store/profile';
import type { Capture, Dispatch } from '../capture';
import type { Kernel } from '../kernel';
import { multiplyAdd } from '../kernels/multiply-add';
import { streamCopy } from '../kernels/stream-copy';
import type { BufferRange, LatheBackend } from '../webgpu-backend';
import type { ReplayTimer } from './replay-timer';

/** Nanoseconds that a measurement must take: browsers round timestamps to 100 µs. */
const LONG_ENOUGH = 5e6;

/** Most repetitions of a kernel in one pass. */
const MOST_REPEATS = 1024;

/** Usage of the buffers; they are made aside from the pools, since they are no memory of the run. */
const STORAGE_COPY_DST = 0x80 | 0x8;

/**
 * Measures the adapter that `timer` is for; takes a fraction of a second. Timestamps that turn out to be worth nothing
 * make the timer time by the wall from here on.
 */
export async function measureCeilings(backend: LatheBackend, timer: ReplayTimer): Promise<Ceilings> {
  const { device, software } = backend;
  const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  // Larger than any cache: a copy within one says nothing about memory.
  const wanted = Math.min(2 ** 27, 2 ** Math.floor(Math.log2(most)));
  const buffers = await streamBuffers(device, software ? 2 ** 25 : wanted);
  const captures: Capture[] = [];
  /** A dispatch of `kernel` from the first buffer to the second. */
  const prepare = (kernel: Kernel): Dispatch => {
    const { capture } = backend.record(() => backend.run(kernel, buffers));
    captures.push(capture);
    return capture.segments[0][0];
  };
  try {
    backend.upload(buffers[0], Float32Array.of(0.5, 0.25));
    const tiny = prepare(multiplyAdd(1, 1, false));
    if (timer.method === 'wall') await timer.useWall(tiny);
    const invocations = 64 * (software ? 64 : 4096);
    const arithmetic = prepare(multiplyAdd(invocations, 256, !software));
    const [probe] = await timer.passes([Array.from({ length: 16 }, () => arithmetic)]);
    if (probe.ns === 0) await timer.useWall(tiny);
    const arithmeticNs = await repeated(timer, arithmetic);
    const length = buffers[0].size / 4;
    const copies = [1, 8].map((each) => prepare(streamCopy(length, each)));
    const rates: number[] = [];
    for (const copy of copies) rates.push(copy.kernel.bytes / Math.max(1, await repeated(timer, copy)));
    return {
      flops_per_second: (1e9 * arithmetic.kernel.flops) / Math.max(1, arithmeticNs),
      bytes_per_second: 1e9 * Math.max(...rates),
      launch_ms: (await launchNs(timer, tiny, software)) / 1e6,
    };
  } finally {
    for (const capture of captures) capture.dispose();
    for (const { buffer } of buffers) buffer.destroy();
  }
}

/** Nanoseconds of one `dispatch` among so many that rounding does not matter. */
async function repeated(timer: ReplayTimer, dispatch: Dispatch): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const group = Array.from({ length: count }, () => dispatch);
    const [first, second] = await timer.passes([group, group]);
    const ns = Math.min(first.ns, second.ns);
    if (ns >= LONG_ENOUGH || count >= MOST_REPEATS) return ns / count;
  }
}

/** Nanoseconds that one more dispatch adds to a pass. */
async function launchNs(timer: ReplayTimer, tiny: Dispatch, software: boolean): Promise<number> {
  const [few, many] = software ? [16, 144] : [64, 1088];
  const group = (count: number): Dispatch[] => Array.from({ length: count }, () => tiny);
  const times = await timer.passes([few, many, few, many].map(group));
  const best = (a: number, b: number): number => Math.min(times[a].ns, times[b].ns);
  return Math.max(0, best(1, 3) - best(0, 2)) / (many - few);
}

/** Two buffers of `bytes` each, or of less where the device has not as much to spare. */
async function streamBuffers(device: GPUDevice, bytes: number): Promise<[BufferRange, BufferRange]> {
  for (let size = bytes; ; size /= 2) {
    device.pushErrorScope('out-of-memory');
    const make = (): BufferRange => ({
      buffer: device.createBuffer({ label: 'ceilings', size, usage: STORAGE_COPY_DST }),
      offset: 0,
      size,
    });
    const pair: [BufferRange, BufferRange] = [make(), make()];
    const error = await device.popErrorScope();
    if (!error || size <= 2 ** 20) return pair;
    for (const { buffer } of pair) buffer.destroy();
  }
}
