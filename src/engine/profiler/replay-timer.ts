/**
 * Replays recorded dispatches one by one and takes the time of each: the same dispatches in the same order as an ordinary
 * replay, so the same bits, only slower.
 *
 * Timestamps are taken at the ends of compute passes, so each dispatch gets a pass of its own. Where the device has no
 * timestamps, each pass is submitted by itself and awaited, and the time that an idle pass takes that way is taken off.
 */
import { LatheError } from '../../base/errors';
import type { TimingMethod } from '../../store/profile';
import type { Capture, Dispatch } from '../capture';
import type { LatheBackend } from '../webgpu-backend';
import { timed, type PassTime, type TimedDispatch } from './timed-dispatch';

/** Most passes of one query set, which holds 4,096 timestamps (https://www.w3.org/TR/webgpu/#dom-gpudevice-createqueryset). */
const MOST_PASSES = 2048;

/** Bytes of a timestamp. */
const TIMESTAMP = 8;

/** Numbers of the specification (https://www.w3.org/TR/webgpu/#buffer-usage): Node knows no `GPUBufferUsage`. */
const [MAP_READ, COPY_SRC, COPY_DST, QUERY_RESOLVE, READ] = [0x1, 0x4, 0x8, 0x200, 0x1];

/** Takes the time of dispatches on one device. */
export class ReplayTimer {
  readonly #backend: LatheBackend;
  readonly #queries: { set: GPUQuerySet; resolved: GPUBuffer; mapped: GPUBuffer } | null;
  #method: Exclude<TimingMethod, 'none'>;
  /** First timestamp seen: nanoseconds since a device started may exceed what a number holds exactly. */
  #origin: bigint | null = null;
  /** Nanoseconds that an idle pass takes when it is submitted and awaited. */
  #idle = 0;

  constructor(backend: LatheBackend) {
    this.#backend = backend;
    const { device } = backend;
    const size = 2 * MOST_PASSES * TIMESTAMP;
    this.#queries = device.features.has('timestamp-query')
      ? {
          set: device.createQuerySet({ type: 'timestamp', count: 2 * MOST_PASSES }),
          resolved: device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC }),
          mapped: device.createBuffer({ size, usage: MAP_READ | COPY_DST }),
        }
      : null;
    this.#method = this.#queries ? 'timestamps' : 'wall';
  }

  /** How times are taken. */
  get method(): Exclude<TimingMethod, 'none'> {
    return this.#method;
  }

  /**
   * Times by the wall from now on, since the device's timestamps are worth nothing.
   * @param idle A dispatch that does next to nothing.
   */
  async useWall(idle: Dispatch): Promise<void> {
    this.#method = 'wall';
    this.#idle = 0;
    const times = await this.passes(Array.from({ length: 16 }, () => [idle]));
    this.#idle = times.map(({ ns }) => ns).sort((a, b) => a - b)[times.length >> 1];
  }

  /** Replays a whole recording, or one segment of it, behind everything queued so far; resolves when it is through. */
  async replay(capture: Capture, segment?: number): Promise<TimedDispatch[]> {
    const dispatches = segment === undefined ? capture.segments.flat() : capture.segments[segment];
    const times = await this.passes(
      dispatches.map((dispatch) => [dispatch]),
      capture.mostPerSubmit,
    );
    return dispatches.map((dispatch, i) => timed(dispatch, times[i]));
  }

  /** Runs each of `groups` in a compute pass of its own, at most `mostPerSubmit` dispatches a submit. */
  async passes(groups: Dispatch[][], mostPerSubmit = Infinity): Promise<PassTime[]> {
    this.#backend.flush();
    const times: PassTime[] = [];
    if (this.#method === 'wall') {
      for (const group of groups) times.push(await this.#byWall(group));
      return times;
    }
    for (let start = 0; start < groups.length;) {
      let end = start;
      let dispatches = 0;
      while (end < groups.length && end - start < MOST_PASSES && (end === start || dispatches < mostPerSubmit)) {
        dispatches += groups[end++].length;
      }
      times.push(...(await this.#byTimestamps(groups.slice(start, end))));
      start = end;
    }
    return times;
  }

  dispose(): void {
    this.#queries?.set.destroy();
    this.#queries?.resolved.destroy();
    this.#queries?.mapped.destroy();
  }

  async #byTimestamps(groups: Dispatch[][]): Promise<PassTime[]> {
    if (!this.#queries) throw new LatheError('internal', 'This device has no timestamps.');
    const { set: querySet, resolved, mapped } = this.#queries;
    const { device, queue } = this.#backend;
    const encoder = device.createCommandEncoder();
    groups.forEach((group, i) => {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      this.#encode(encoder.beginComputePass({ timestampWrites }), group);
    });
    const count = 2 * groups.length;
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, mapped, 0, count * TIMESTAMP);
    queue.submit([encoder.finish()]);
    await mapped.mapAsync(READ, 0, count * TIMESTAMP);
    const stamps = new BigUint64Array(mapped.getMappedRange(0, count * TIMESTAMP).slice(0));
    mapped.unmap();
    const origin = (this.#origin ??= stamps[0]);
    return groups.map((_, i) => ({
      start_ns: Number(stamps[2 * i] - origin),
      // A device may be reset, or change its clock, between two timestamps.
      ns: Math.max(0, Number(stamps[2 * i + 1] - stamps[2 * i])),
    }));
  }

  async #byWall(group: Dispatch[]): Promise<PassTime> {
    const { device, queue } = this.#backend;
    const started = performance.now();
    const encoder = device.createCommandEncoder();
    this.#encode(encoder.beginComputePass(), group);
    queue.submit([encoder.finish()]);
    await queue.onSubmittedWorkDone();
    const ns = (performance.now() - started) * 1e6;
    return { start_ns: started * 1e6, ns: Math.max(0, ns - this.#idle) };
  }

  #encode(pass: GPUComputePassEncoder, dispatches: Dispatch[]): void {
    for (const { kernel, pipeline, bindGroup } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...kernel.workgroups);
    }
    pass.end();
    this.#backend.countDispatches(dispatches.length);
  }
}
