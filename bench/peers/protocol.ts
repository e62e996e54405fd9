/** Messages between the driver, the page of a peer and its two workers. */
import type { CollectiveSetup } from '../../src/training/collective';
import type { Method } from './methods';

/** One measurement at one peer. */
export interface PeerTask {
  workload: string;
  method: Method;
  members: number;
  /** From 0: the one who founds the group. */
  rank: number;
  /** Steps in all; of methods with local steps, rounds. */
  steps: number;
  /** Steps at the start that are not timed. */
  warmUp: number;
  /** Micro-batches of a step. */
  items: number;
  /** False: all buckets are given at the end of the backward pass. Of waiting. */
  overlap: boolean;
  /** Bytes that each peer sends each other one before the run, to measure the links. */
  probe: number;
}

/** Milliseconds of a step by what they were spent on, as `StepParts` has them. */
export interface Parts {
  compute: number;
  communicate: number;
  update: number;
  commit: number;
}

/** What one peer measured. */
export interface PeerReport {
  /** Milliseconds of every timed step, from commit to commit. */
  steps: number[];
  parts: Parts;
  /** Bytes given to the data channels in all steps but the first, headers of ours included. */
  sent: number;
  /** Bytes of a second that the probe sent, to all others together; null: nobody to send to. */
  rate: number | null;
  /** Milliseconds to the others and back, mean. */
  roundTrip: number | null;
  /** Of the parameters after the last step. */
  hash: string;
  /** Parts of the vector, and its matrices. */
  shape: Pick<CollectiveSetup, 'buckets' | 'matrices'>;
}

/** A report, and what the connections had on the wire (DTLS and SCTP included, UDP and IP not). */
export interface PageReport extends PeerReport {
  wire: number;
}

/** From the peer worker to its page. */
export type PeerNews =
  | { type: 'probed' }
  | { type: 'counting' }
  | { type: 'finished'; report: PeerReport }
  | { type: 'failed'; message: string };

/** From the trainer to its page. */
export type TrainerNews = { type: 'done' } | { type: 'failed'; message: string };

/** From the trainer of the exchange of weights to its peer worker, and back. */
export type WeightsMessage =
  | { type: 'weights'; step: number; values: Float32Array<ArrayBuffer>; compute: number }
  | { type: 'averaged'; step: number; values: Float32Array<ArrayBuffer> };
