/** Reports of a group as figures, beside what formulas say. */
import { quartiles } from '../statistics';
import { bytesOf, communicationMs, lengthOf, stepMs, type Shape } from './formulas';
import type { GroupTask } from './host';
import type { PageReport, Parts } from './protocol';
import { BATCH, LOCAL_STEPS, workloadNamed } from './workloads';

/** One group's figures, as they are written to a file. A step is one of `BATCH` examples. */
export interface PeersFigures {
  workload: string;
  n: number;
  /** `lathe` or `all_to_all`; with `_waiting` where computation is replaced by waiting. */
  method: string;
  /** A compression's name, or `local_steps`. */
  compression: string;
  /** Of the parameters after the last step. */
  hash: string;
  /** Sent by a peer, mean: on the wire, DTLS and SCTP included; the formula's; and those given to the channels. */
  bytes_per_step: number;
  bytes_formula: number;
  bytes_payload: number;
  /** Median, quartiles and the formula's. */
  ms: number;
  quartiles: [number, number];
  ms_formula: number;
  compute_ms: number;
  communicate_ms: number;
  update_ms: number;
  commit_ms: number;
  /** Time of one peer over N times that of N peers. */
  efficiency: number;
  efficiency_formula: number;
  /** Bytes a second that a peer sent to all others together while nobody computed; null: it is alone. */
  rate: number | null;
  batch: number;
}

/** What overlap hides. */
export interface OverlapFigures {
  workload: string;
  n: number;
  method: 'lathe_overlap';
  compression: 'float32';
  hash: string;
  ms: number;
  ms_without: number;
  communicate_ms: number;
  backward_ms: number;
  /** Of the lesser of communication and backward pass. */
  hidden: number;
}

/** Share of a pass over a batch that is its backward part: two products of three. */
const BACKWARD = 2 / 3;

const mean = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Figures of one group; `alone`: those of the group of one with the same method. `delayMs`: one way. */
export function figuresOf(
  task: GroupTask,
  reports: PageReport[],
  delayMs: number,
  alone: PeersFigures | null,
): PeersFigures {
  const { method, members, workload, steps } = task;
  const [{ shape, hash }] = reports;
  const perStep = method === 'local_steps' ? LOCAL_STEPS : 1;
  const part = (name: keyof Parts): number => mean(reports.map(({ parts }) => parts[name])) / perStep;
  const [compute, communicate, update, commit] = (['compute', 'communicate', 'update', 'commit'] as const).map(part);
  const time = quartiles(reports[0].steps);
  const ms = time.median / perStep;
  const formula = bytesOf(shape, method, members);
  const rates = reports.flatMap(({ rate }) => rate ?? []);
  const rate = rates.length > 0 ? mean(rates) : null;
  const hops = method === 'all_to_all' ? 1 : 2;
  const communication = rate === null ? 0 : communicationMs(formula, rate, delayMs, hops);
  const rest = alone ? alone.ms - alone.compute_ms : ms - compute;
  const formulaMs = stepMs(compute, communication, hiddenMs(task, shape, compute), rest);
  const ideal = alone?.ms ?? ms;
  const waiting = workloadNamed(workload).kind === 'waiting';
  return {
    workload,
    n: members,
    method: `${method === 'all_to_all' ? method : 'lathe'}${waiting ? '_waiting' : ''}`,
    compression: method === 'all_to_all' ? 'float32' : method,
    hash,
    bytes_per_step: mean(reports.map(({ wire }) => wire)) / (steps - 1) / perStep,
    bytes_formula: formula,
    bytes_payload: mean(reports.map(({ sent }) => sent)) / (steps - 1) / perStep,
    ms,
    quartiles: [time.q25 / perStep, time.q75 / perStep],
    ms_formula: formulaMs,
    compute_ms: compute,
    communicate_ms: communicate,
    update_ms: update,
    commit_ms: commit,
    efficiency: ideal / (members * ms),
    efficiency_formula: ideal / (members * formulaMs),
    rate,
    batch: BATCH,
  };
}

/** Milliseconds that the backward pass of a peer's last micro-batch can hide: of all buckets but the last one to be known. */
function hiddenMs({ method, items, members }: GroupTask, shape: Shape, compute: number): number {
  if (method === 'all_to_all' || method === 'local_steps') return 0;
  const [start, end] = shape.buckets[shape.buckets.length - 1];
  const early = 1 - (end - start) / lengthOf(shape);
  return (early * BACKWARD * compute * members) / items;
}

/** What overlap hides of what can be hidden. */
export function overlapOf(
  workload: string,
  members: number,
  without: PageReport[],
  withOverlap: PageReport[],
): OverlapFigures {
  const found = workloadNamed(workload);
  const backward = found.kind === 'waiting' ? found.backward / members : NaN;
  const ms = quartiles(withOverlap[0].steps).median;
  const msWithout = quartiles(without[0].steps).median;
  const communicate = mean(without.map(({ parts }) => parts.communicate));
  return {
    workload,
    n: members,
    method: 'lathe_overlap',
    compression: 'float32',
    hash: withOverlap[0].hash,
    ms,
    ms_without: msWithout,
    communicate_ms: communicate,
    backward_ms: backward,
    hidden: (msWithout - ms) / Math.min(communicate, backward),
  };
}
