/** What a study and its trials are, as they are stored and shown. */
import type { Direction } from '../config/search/search';
import type { ParameterValue, SearchSpace } from '../config/search/space';
import type { RunConfig } from '../config/schema';
import type { Notice, RunGroup } from './schema';

/**
 * Where a trial stands. `waiting`: enqueued by hand. `failed`: it diverged, its run failed, or its objective is no
 * number; samplers learn from it as from the worst there is.
 */
export type TrialState = 'waiting' | 'running' | 'complete' | 'pruned' | 'failed';

/** Values of a trial's parameters by key: of those that are active. */
export type TrialParams = Record<string, ParameterValue>;

/** Anything that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A browser that trains trials of another one's study. */
export interface TrialWorker {
  /** Id of its page session in the room, 16 hex digits. */
  id: string;
  /** What it calls itself; may be empty. */
  name: string;
  adapter: string | null;
}

/** One trial. Tables and charts of ten thousand of them read these rows: they are small. */
export interface TrialRow {
  study_id: string;
  /** Counts from 0. */
  number: number;
  state: TrialState;
  /** One sentence where the state needs one: why it was pruned or failed. */
  reason: string | null;
  /** Of a waiting trial, those that were fixed by hand; the sampler chooses the rest when it starts. */
  params: TrialParams;
  /** One an objective, once it is complete. Of a pruned trial the last intermediate value. */
  values: number[] | null;
  /** What was reported on the way: the first objective by epoch, or by fold. Steps rise. */
  intermediate: { steps: number[]; values: number[] };
  /** By how much its outcome violates constraints, summed; 0 where it meets them all. */
  violation: number;
  /** What the sampler notes for itself: a generation, parents. */
  attributes: Record<string, Json>;
  /** Its runs: one, or one a fold. Empty where it came from elsewhere. */
  run_ids: string[];
  /** Optimizer steps of its runs. */
  steps: number;
  /** Who trains or trained it, its last run where there are folds; absent: the browser that has the study. */
  worker?: TrialWorker;
  /** Milliseconds since the epoch. */
  started: number | null;
  ended: number | null;
}

/** Where a study stands. `running` and `paused` are unfinished. */
export type StudyStatus = 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

/** Statuses of a study that can go on. */
export const UNFINISHED_STUDY: readonly StudyStatus[] = ['running', 'paused'];

/** One objective of a study. */
export interface Objective {
  metric: string;
  direction: Direction;
}

/** One study. Small: tables of studies list these rows. */
export interface StudyRow {
  id: string;
  name: string;
  created: number;
  updated: number;
  deleted_at: number | null;
  status: StudyStatus;
  /** One sentence where the status needs one: why it ended, paused or failed. */
  reason: string | null;
  /** Settings of every trial and of the search; null where the study came from a file. */
  config: RunConfig | null;
  /** SHA-256 of what the config computes, whatever it is called. */
  config_hash: string | null;
  dataset_id: string | null;
  dataset_name: string | null;
  dataset_hash: string | null;
  objectives: Objective[];
  space: SearchSpace;
  /** Studies whose trials this one learnt from, copied at the start with their numbers kept out of its own. */
  warm_start: { study_id: string; name: string; trials: number } | null;
  /** The room in which others train trials of it; absent: only this browser does. */
  group?: RunGroup;
  notes: string;
  tags: string[];
  /** Trials by state. */
  counts: Record<TrialState, number>;
  /** The best complete trial of the first objective; null before there is one, and where there are several objectives. */
  best: { number: number; values: number[]; params: TrialParams } | null;
  /** Seconds spent, over all sittings. */
  seconds: number;
  /** Optimizer steps of all its trials. */
  steps: number;
  notices: Notice[];
}
