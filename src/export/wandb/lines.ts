/**
 * Lines of W&B’s streams: `wandb-history.jsonl` (metrics and media, one line a step), `wandb-events.jsonl` (the machine) and
 * `output.log` (the console). The same points give the same lines.
 */
import type { MetricSeries } from '../../store/metrics';
import type { LogRow } from '../../store/schema';
import { wandbJson, wandbNumber } from './json';
import type { WandbMedia } from './media';

/** One line of the history or of the machine’s metrics, before it is written. */
export interface Row {
  step: number;
  /** Milliseconds since the epoch: of its latest value. */
  time: number;
  /** Names and values as W&B writes them. */
  entries: [key: string, json: string][];
}

/** Metrics of the machine begin with it. */
const SYSTEM = 'system/';

/** What W&B calls metrics that it knows, and what ours is multiplied by for it. Others keep their name. */
const SYSTEM_NAMES: Record<string, readonly [name: string, factor: number]> = {
  cpu_percent: ['proc.cpu.percent', 1],
  js_memory_bytes: ['proc.memory.rssMB', 1 / 2 ** 20],
  gpu_memory_bytes: ['gpu.0.memoryAllocatedBytes', 1],
  storage_percent: ['disk./.usagePercent', 1],
  storage_bytes: ['disk./.usageGB', 1 / 2 ** 30],
  network_sent_bytes: ['network.sent', 1],
  network_received_bytes: ['network.recv', 1],
};

/** What W&B calls a metric of the machine, without its `system.`, and what its values are multiplied by. */
export function systemName(metric: string): readonly [name: string, factor: number] {
  const own = metric.slice(SYSTEM.length);
  return SYSTEM_NAMES[own] ?? [own.replace(/\//g, '.'), 1];
}

/** Whether a metric is one of the machine. */
export const isSystem = (metric: string): boolean => metric.startsWith(SYSTEM);

/** Metrics and media by step, ascending. Where a metric has several values at a step, there are several rows of it. */
export function historyRows(points: readonly MetricSeries[], media: readonly WandbMedia[]): Row[] {
  const rows = new Rows();
  for (const { metric, steps, values, times } of points) {
    if (isSystem(metric)) continue;
    rows.series(metric, steps, times, (i) => wandbNumber(values[i]));
  }
  for (const name of new Set(media.map((one) => one.name))) {
    const found = media.filter((one) => one.name === name).sort((a, b) => a.step - b.step);
    const steps = Float64Array.from(found, ({ step }) => step);
    const times = Float64Array.from(found, ({ time }) => time);
    rows.series(name, steps, times, (i) => wandbJson(found[i].value));
  }
  return rows.sorted();
}

/** Metrics of the machine by step, ascending, under W&B’s names. */
export function systemRows(points: readonly MetricSeries[]): Row[] {
  const rows = new Rows();
  for (const { metric, steps, values, times } of points) {
    if (!isSystem(metric)) continue;
    const [name, factor] = systemName(metric);
    rows.series(name, steps, times, (i) => wandbNumber(values[i] * factor));
  }
  return rows.sorted();
}

/** Rows in the making. */
class Rows {
  /** By step, in the order in which they came. */
  readonly #rows = new Map<number, Row[]>();

  /** Puts the values of one key into the rows of their steps, which ascend. */
  series(key: string, steps: Float64Array, times: Float64Array, json: (i: number) => string): void {
    let occurrence = 0;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      occurrence = i > 0 && steps[i - 1] === step ? occurrence + 1 : 0;
      let atStep = this.#rows.get(step);
      if (!atStep) this.#rows.set(step, (atStep = []));
      const row = (atStep[occurrence] ??= { step, time: times[i], entries: [] });
      row.time = Math.max(row.time, times[i]);
      row.entries.push([key, json(i)]);
    }
  }

  sorted(): Row[] {
    return [...this.#rows].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
  }
}

/** What W&B adds to every row: seconds since the epoch, and since the run began. @param started milliseconds since the epoch */
export function timeEntries({ time }: Row, started: number): [key: string, json: string][] {
  return [
    ['_timestamp', wandbNumber(time / 1000)],
    ['_runtime', wandbNumber(Math.max(0, time - started) / 1000)],
  ];
}

/** A row as a line of `wandb-history.jsonl`. */
export function historyLine(row: Row, started: number): string {
  return object([...row.entries, ['_step', wandbNumber(row.step)], ...timeEntries(row, started)]);
}

/** A row as a line of `wandb-events.jsonl`. */
export function systemLine(row: Row, started: number): string {
  const named = row.entries.map(([key, json]): [string, string] => [`system.${key}`, json]);
  return object([...named, ['_wandb', 'true'], ...timeEntries(row, started)]);
}

/** An object of values that are JSON already. */
export function object(entries: readonly (readonly [key: string, json: string])[]): string {
  return `{${entries.map(([key, json]) => `${quoted(key)}:${json}`).join(',')}}`;
}

const known = new Map<string, string>();

/** The few names of a run come again with every step. */
function quoted(key: string): string {
  let text = known.get(key);
  if (text === undefined) {
    if (known.size > 10_000) known.clear();
    known.set(key, (text = JSON.stringify(key)));
  }
  return text;
}

/** Lines of the log as lines of `output.log`: each begins with the time in UTC, and errors and warnings with `ERROR`. */
export function consoleLines(rows: readonly LogRow[]): string[] {
  return rows.flatMap(({ at, level, message }) => {
    const begin = `${level === 'info' ? '' : 'ERROR '}${new Date(at).toISOString().slice(0, -1)} `;
    return consoleText(level, message).map((line) => begin + line);
  });
}

/** The lines of a message. */
export const consoleText = (level: LogRow['level'], message: string): string[] =>
  `${level === 'warning' ? 'Warning: ' : ''}${message}`.split(/\r\n|\r|\n/);
