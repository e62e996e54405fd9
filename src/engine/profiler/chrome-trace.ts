/**
 * A profile as a trace in the Trace Event Format (“Trace Event Format”, Google, 2016), which Perfetto and chrome://tracing
 * open: one track for the trainer's thread, one for the device. Times are microseconds.
 */
import type { TimedDispatch } from './timed-dispatch';

/** Something that the trainer's thread did, in milliseconds of `performance.now()`. */
export interface Span {
  name: string;
  step: number | null;
  start_ms: number;
  ms: number;
}

/** A timed step: its dispatches, and when the first was submitted on the trainer's clock. */
export interface TracedStep {
  step: number;
  submitted_ms: number;
  dispatches: TimedDispatch[];
}

/** A complete event: it has a beginning and a duration. */
interface CompleteEvent {
  name: string;
  cat: string;
  ph: 'X';
  ts: number;
  dur: number;
  pid: number;
  tid: number;
  args: Record<string, string | number>;
}

/** The name of a process or a thread. */
interface MetadataEvent {
  name: 'process_name' | 'thread_name';
  ph: 'M';
  pid: number;
  tid: number;
  args: { name: string };
}

/** A trace file. */
export interface ChromeTrace {
  traceEvents: (CompleteEvent | MetadataEvent)[];
  displayTimeUnit: 'ms';
  otherData: Record<string, string>;
}

const PROCESS = 1;
const TRAINER = 1;
const DEVICE = 2;

/** The trace of `spans` and `steps`; it starts at 0, whatever the clocks said. */
export function chromeTrace(spans: Span[], steps: TracedStep[], about: Record<string, string>): ChromeTrace {
  const start = Math.min(
    ...spans.map(({ start_ms }) => start_ms),
    ...steps.map(({ submitted_ms }) => submitted_ms),
    // Of nothing at all the minimum would be infinite.
    ...(spans.length + steps.length === 0 ? [0] : []),
  );
  const micros = (ms: number): number => round(1000 * (ms - start));
  const trainer = spans.map(({ name, step, start_ms, ms }): CompleteEvent => ({
    name,
    cat: 'trainer',
    ph: 'X',
    ts: micros(start_ms),
    dur: round(1000 * ms),
    pid: PROCESS,
    tid: TRAINER,
    args: step === null ? {} : { step },
  }));
  const device = steps.flatMap(({ step, submitted_ms, dispatches }) => {
    // The device has a clock of its own: its first dispatch is put where it was submitted.
    const zero = Math.min(...dispatches.map(({ start_ns }) => start_ns));
    return dispatches.map(({ kernel, layer, part, flops, bytes, workgroups, start_ns, ns }): CompleteEvent => ({
      name: kernel,
      cat: part,
      ph: 'X',
      ts: micros(submitted_ms + (start_ns - zero) / 1e6),
      dur: round(ns / 1000),
      pid: PROCESS,
      tid: DEVICE,
      args: {
        layer,
        step,
        flops,
        bytes,
        workgroups: workgroups.join(' × '),
        ...(ns > 0 ? { 'GFLOP/s': round(flops / ns), 'GB/s': round(bytes / ns) } : {}),
      },
    }));
  });
  const name = (kind: MetadataEvent['name'], tid: number, text: string): MetadataEvent => ({
    name: kind,
    ph: 'M',
    pid: PROCESS,
    tid,
    args: { name: text },
  });
  return {
    traceEvents: [
      name('process_name', TRAINER, 'Lathe'),
      name('thread_name', TRAINER, 'Trainer'),
      name('thread_name', DEVICE, 'Device'),
      ...trainer,
      ...device,
    ],
    displayTimeUnit: 'ms',
    otherData: about,
  };
}

/** To nanoseconds: more digits mean nothing. */
const round = (value: number): number => Math.round(value * 1000) / 1000;
