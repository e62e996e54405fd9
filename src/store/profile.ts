/** What a profile of a run holds, as it is stored and shown. Times are milliseconds of one step unless they say otherwise. */

/** What may hold a step up: the next batch, queueing and launching, the device's memory, its arithmetic. */
export type Bottleneck = 'input' | 'dispatch' | 'memory' | 'arithmetic';

/** Part of a step that a dispatch belongs to. What is recomputed for the backward pass counts to it. */
export type StepPart = 'forward' | 'backward' | 'update';

/**
 * How the device's time was taken. `timestamps`: by the device itself, a compute pass for each dispatch. `wall`: each
 * dispatch submitted by itself and awaited. `none`: not at all, only the step as a whole.
 */
export type TimingMethod = 'timestamps' | 'wall' | 'none';

/** What the adapter was measured to reach; `null` in a report where kernels cannot be timed. */
export interface Ceilings {
  /** Floating point operations a second of a kernel of nothing but multiply-adds. */
  flops_per_second: number;
  /** Bytes read and written a second by a large copy. */
  bytes_per_second: number;
  /** Milliseconds that one more dispatch costs which does next to nothing. */
  launch_ms: number;
}

/** Dispatches of one kind: of one kernel, or of one kernel in one layer and part of the step. */
export interface OperationTime {
  kernel: string;
  /** Null where all layers are taken together. */
  layer: string | null;
  part: StepPart | null;
  /** Dispatches a step. */
  calls: number;
  ms: number;
  /** Of the time of all kernels, 0 to 1. */
  share: number;
  flops: number;
  bytes: number;
  /** What bounds it, by its operations and bytes against the ceilings. */
  bound: Exclude<Bottleneck, 'input'>;
}

/** Time of all kernels of one layer. */
export interface LayerTime {
  layer: string;
  forward_ms: number;
  backward_ms: number;
  update_ms: number;
  /** Of the time of all kernels, 0 to 1. */
  share: number;
}

/** One dispatch of the step that the timeline shows. */
export interface TimelineEntry {
  kernel: string;
  layer: string;
  part: StepPart;
  /** From the start of the step's first kernel. */
  start_ms: number;
  ms: number;
}

/** The findings of a profile. */
export interface ProfileReport {
  version: 1;
  adapter: string;
  method: TimingMethod;
  /** One sentence: how the times were taken and how exact they are. */
  method_note: string;
  /** First step whose kernels were timed, counted from 1, and how many were. */
  first_step: number;
  steps: number;
  step: {
    /** A whole step at full speed, from batch to batch; the median of the steps before the timed ones. */
    wall_ms: number;
    /** Of it, the trainer's waiting for the next batch. */
    input_ms: number;
    /** Of it, JavaScript that queues the step. */
    queue_ms: number;
    /** Sum of all kernels; null where they were not timed. */
    device_ms: number | null;
    dispatches: number;
    flops: number;
    bytes: number;
  };
  /** Parts of a step's time that each possible bottleneck takes, adding up to 1. */
  shares: Record<Bottleneck, number>;
  bottleneck: Bottleneck;
  /** The bottleneck in words, with the figures behind it and what would help. */
  sentence: string;
  ceilings: Ceilings | null;
  /** By kernel and place, slowest first. */
  operations: OperationTime[];
  /** By kernel alone, slowest first. */
  kernels: OperationTime[];
  /** Slowest first. */
  layers: LayerTime[];
  /** The kernels of one step in their order. */
  timeline: TimelineEntry[];
}

/** The profile of a run. */
export interface ProfileRow {
  run_id: string;
  created: number;
  report: ProfileReport;
  /** JSON in the Trace Event Format, for Perfetto or chrome://tracing. */
  trace: Blob;
}
