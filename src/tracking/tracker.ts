/**
 * What a tracker is: something outside that runs are sent to. To add one: a file (or folder) in `trackers/`, and its line in
 * `registry.ts`; `test/…/tracking/conformance` says what it has to do.
 *
 * The outbox (`outbox/`) reads what is to be sent from the store, one delivery (run and destination) at a time, in this order:
 * `open`, batches of points, media and lines, then files once the run has ended, and `update` whenever the facts have changed,
 * last of all with the status that the run ended in. Whatever throws is tried again, with the same arguments: a tracker need
 * not try again by itself.
 */
import type * as v from 'valibot';
import type { RunConfig } from '../config/schema';
import type { DescribedRun } from '../export/described-run';
import type { Credential } from '../store/delivery';
import type { MediaRow } from '../store/media';
import type { MetricSeries } from '../store/metrics';
import type { LogRow } from '../store/schema';
import type { Json } from '../store/study';
import type { Http } from './http/http';

/** What is sent: a run, or a study, whose points are its trials (`step` is the trial's number). */
export interface TrackedRun extends DescribedRun {
  noun: 'run' | 'study';
  group: {
    /** Same for all parts. */
    id: string;
    name: string;
    role: 'study' | 'trial' | 'peer';
    trial: number | null;
  } | null;
}

/** Points, media and lines that belong together: all of one step are in one batch, unless it would be too large. */
export interface Batch {
  /** Counts from 0; the same number has the same content, unless it was too large and was cut. */
  number: number;
  /** Steps and times of a metric ascend. `system/…` are metrics of the machine. */
  points: MetricSeries[];
  media: MediaRow[];
  lines: LogRow[];
}

/** A file that belongs to a run. */
export interface RunFile {
  /** `config.yaml`, `plots/curves.png`, `model/bundle.zip` */
  path: string;
  /** MIME type. */
  type: string;
  bytes: number;
  /** The same key: the same content. */
  key: string;
  /** Whether it is part of the model: `model/…`. */
  model: boolean;
  /** @throws LatheError */
  read(): Promise<Blob>;
}

/** What a service takes at once. */
export interface Limits {
  /** Points in a batch. */
  points: number;
  /** Milliseconds between the starts of two requests that send batches. */
  pause_ms: number;
}

/** What came back. */
export interface Answer {
  /** Somebody pressed Stop there. */
  stop: boolean;
}

/** One run at a destination. Methods are called one after another, never at once. */
export interface RemoteRun {
  /** What has to be remembered, as plain data: it is stored after every call, and given to `open` after a reload. */
  readonly state: Json;
  /** Page of the run there, for people; null: none. */
  readonly url: string | null;
  /**
   * Sends a batch. `again`: an earlier attempt for this very batch may have arrived, or a part of it; it must not be doubled.
   */
  send(batch: Batch, again: boolean): Promise<Answer>;
  /** Sends a file; one that is there already under this path is replaced. */
  upload(file: RunFile): Promise<void>;
  /** Makes name, tags, notes, status and summary there those of `run`. Called last with a status that ends the run. */
  update(run: TrackedRun, files: readonly RunFile[]): Promise<void>;
  /** Called about every 30 s while the run trains and there is nothing to send. */
  beat?(): Promise<Answer>;
}

/** A destination, ready to be talked to. */
export interface Connection {
  /** Asks for something harmless, to see whether address and key are right; a sentence for the user that says what is there. */
  check(): Promise<string>;
  /**
   * Begins a run there, or finds it: calling it again, `state` lost or not, gives the same run.
   * @param state what `RemoteRun.state` was last; null: nothing is known of it here
   */
  open(run: TrackedRun, state: Json): Promise<RemoteRun>;
}

/** What a tracker's settings are asked for with. */
export interface SettingField {
  key: string;
  label: string;
  placeholder: string;
  required: boolean;
  /** What a form begins with, where most would type the same. */
  initial?: string;
}

/** A kind of destination. `Options`: its settings, plain data without secrets. */
export interface Tracker<Options extends Record<string, Json> = Record<string, Json>> {
  /** As the config and the command line's JSON name it: `mlflow`. */
  kind: string;
  /** `MLflow` */
  title: string;
  /** Checks settings that come from forms and from storage. */
  schema: v.GenericSchema<unknown, Options>;
  /** The settings, for a form; the first is the address where there is one. */
  fields: readonly SettingField[];
  /** How the user proves who they are. */
  credentials: readonly Credential['scheme'][];
  limits: Limits;
  /** The destination that a config asks for; null: none of this kind. @throws LatheError of kind `config` */
  fromConfig(config: RunConfig): Options | null;
  /** Addresses (origins) that it talks to; none: it stays on this machine. */
  origins(options: Options): string[];
  connect(options: Options, http: Http): Connection;
}
