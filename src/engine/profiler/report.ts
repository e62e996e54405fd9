/**
 * From timed steps to findings: which operations and layers take the time, what bounds each, and what holds training up.
 * Plain functions over plain records.
 */
import type { Bottleneck, Ceilings, LayerTime, OperationTime, ProfileReport, TimingMethod } from '../../store/profile';
import { describeBottleneck } from './bottleneck';
import type { TimedDispatch } from './timed-dispatch';

/** A step at full speed, in milliseconds. */
export interface PlainStep {
  /** From the end of the step before to its own. */
  wall_ms: number;
  /** The trainer's waiting for its batches. */
  input_ms: number;
  /** JavaScript that queued it. */
  queue_ms: number;
}

/** What a report is made from. */
export interface Measurements {
  adapter: string;
  method: TimingMethod;
  first_step: number;
  steps: number;
  /** Ordinary steps, at least one. */
  plain: PlainStep[];
  /** The dispatches of each timed step; none where kernels cannot be timed. */
  timed: TimedDispatch[][];
  ceilings: Ceilings | null;
}

/** The findings. */
export function makeReport(measured: Measurements): ProfileReport {
  const { adapter, method, first_step, steps, plain, timed, ceilings } = measured;
  const all = timed.flat();
  const count = Math.max(1, timed.length);
  const per = (of: (dispatch: TimedDispatch) => number): number => sum(all.map(of)) / count;
  const step = {
    wall_ms: median(plain.map(({ wall_ms }) => wall_ms)),
    input_ms: median(plain.map(({ input_ms }) => input_ms)),
    queue_ms: median(plain.map(({ queue_ms }) => queue_ms)),
    device_ms: timed.length > 0 ? per(({ ns }) => ns / 1e6) : null,
    dispatches: Math.round(all.length / count),
    flops: per(({ flops }) => flops),
    bytes: per(({ bytes }) => bytes),
  };
  const rank = (key: Grouping): OperationTime[] => rankOperations(all, count, ceilings, key);
  const operations = rank('place');
  const kernels = rank('kernel');
  const shares = sharesOf(step, operations);
  const bottleneck = largest(shares);
  const findings = {
    adapter,
    method,
    method_note: methodNote(method, all, timed.length),
    first_step,
    steps,
    step,
    shares,
    bottleneck,
    ceilings,
    operations,
    kernels,
    layers: rankLayers(all, count),
    timeline: timelineOf(timed[timed.length >> 1] ?? []),
  };
  return { version: 1, ...findings, sentence: describeBottleneck(findings) };
}

type Grouping = 'kernel' | 'place';

/** Dispatches of several steps by kernel, or by kernel and place, slowest first; per step. */
export function rankOperations(
  dispatches: TimedDispatch[],
  steps: number,
  ceilings: Ceilings | null,
  by: Grouping,
): OperationTime[] {
  const total = sum(dispatches.map(({ ns }) => ns));
  const groups = groupBy(dispatches, ({ kernel, layer, part }) =>
    by === 'kernel' ? kernel : `${kernel}\n${layer}\n${part}`,
  );
  return groups
    .map((group): OperationTime => {
      const [{ kernel, layer, part }] = group;
      const ns = sum(group.map((dispatch) => dispatch.ns));
      const totals = {
        calls: group.length / steps,
        ms: ns / 1e6 / steps,
        flops: sum(group.map(({ flops }) => flops)) / steps,
        bytes: sum(group.map(({ bytes }) => bytes)) / steps,
      };
      return {
        kernel,
        layer: by === 'place' ? layer : null,
        part: by === 'place' ? part : null,
        ...totals,
        share: total > 0 ? ns / total : 0,
        bound: boundOf(totals, ceilings),
      };
    })
    .sort((a, b) => b.ms - a.ms);
}

/** What would take longest at the adapter's best: the operations, the bytes or the launching. */
export function boundOf(
  { calls, flops, bytes }: Pick<OperationTime, 'calls' | 'flops' | 'bytes'>,
  ceilings: Ceilings | null,
): OperationTime['bound'] {
  if (!ceilings) return flops > 0 ? 'arithmetic' : 'memory';
  const launching = (calls * ceilings.launch_ms) / 1e3;
  const computing = flops / ceilings.flops_per_second;
  const moving = bytes / ceilings.bytes_per_second;
  if (launching > computing && launching > moving) return 'dispatch';
  return computing > moving ? 'arithmetic' : 'memory';
}

/** Time of every layer's kernels in a step, slowest first. */
export function rankLayers(dispatches: TimedDispatch[], steps: number): LayerTime[] {
  const total = sum(dispatches.map(({ ns }) => ns));
  return groupBy(dispatches, ({ layer }) => layer)
    .map((group): LayerTime => {
      const of = (wanted: string): number =>
        sum(group.filter(({ part }) => part === wanted).map(({ ns }) => ns)) / 1e6 / steps;
      return {
        layer: group[0].layer,
        forward_ms: of('forward'),
        backward_ms: of('backward'),
        update_ms: of('update'),
        share: total > 0 ? sum(group.map(({ ns }) => ns)) / total : 0,
      };
    })
    .sort((a, b) => b.share - a.share);
}

/**
 * Parts of a plain step's time. The device's kernels are bound by launching, memory or arithmetic; of the time in which
 * they do not run, what the trainer waits for data is input, the rest goes into queueing and reading back.
 *
 * Kernels that are timed one by one may take longer in sum than a whole step, in which they overlap: they then fill it.
 */
export function sharesOf(
  { wall_ms, input_ms, device_ms }: Pick<ProfileReport['step'], 'wall_ms' | 'input_ms' | 'device_ms'>,
  operations: Pick<OperationTime, 'bound' | 'ms'>[],
): Record<Bottleneck, number> {
  const wall = Math.max(wall_ms, 1e-6);
  if (device_ms === null) {
    // Nothing is known of the device: what is not input is taken for computing.
    const input = Math.min(1, input_ms / wall);
    return { input, dispatch: 0, memory: 0, arithmetic: 1 - input };
  }
  const running = Math.min(wall, device_ms);
  const idle = wall - running;
  const input = Math.min(idle, input_ms);
  const of = (bound: OperationTime['bound']): number =>
    device_ms > 0
      ? (sum(operations.filter((operation) => operation.bound === bound).map(({ ms }) => ms)) * running) / device_ms
      : 0;
  return {
    input: input / wall,
    dispatch: (idle - input + of('dispatch')) / wall,
    memory: of('memory') / wall,
    arithmetic: of('arithmetic') / wall,
  };
}

function largest(shares: Record<Bottleneck, number>): Bottleneck {
  const order: Bottleneck[] = ['input', 'dispatch', 'memory', 'arithmetic'];
  return order.reduce((best, next) => (shares[next] > shares[best] ? next : best));
}

/** Nanoseconds to which browsers round the timestamps of pages (https://www.w3.org/TR/webgpu/#timestamp). */
const ROUNDING = 100_000;

function methodNote(method: TimingMethod, dispatches: TimedDispatch[], steps: number): string {
  const averaged = steps > 1 ? ` Figures are means of ${steps} steps.` : '';
  switch (method) {
    case 'timestamps': {
      const rounded = dispatches.length > 0 && dispatches.every(({ ns }) => ns % ROUNDING === 0);
      const note = rounded ? ', which this browser rounds to 100 µs: short kernels are right on average only' : '';
      return `Kernels were timed by the device’s own timestamps, each in a compute pass of its own${note}.${averaged}`;
    }
    case 'wall':
      return `This device gives no usable timestamps, so each kernel was submitted by itself and awaited: short kernels look slower than they are.${averaged}`;
    case 'none':
      return 'Kernels cannot be timed here, because steps are not recorded: only the step as a whole was measured.';
  }
}

function timelineOf(dispatches: TimedDispatch[]): ProfileReport['timeline'] {
  const start = Math.min(...dispatches.map(({ start_ns }) => start_ns));
  return dispatches.map(({ kernel, layer, part, start_ns, ns }) => ({
    kernel,
    layer,
    part,
    start_ms: (start_ns - start) / 1e6,
    ms: ns / 1e6,
  }));
}

function groupBy<T>(items: T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** The middle value, of an even number the mean of the two middle ones; 0 of none. */
function median(values: number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
