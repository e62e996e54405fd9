/**
 * Records of a run as protobuf: `wandb_internal.Record` of wandb 0.31, the fields that a run from here needs. Numbers are
 * those of its schema.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** Values by key, as JSON. */
export type Entries = readonly (readonly [key: string, json: string])[];

/** What a run is called and belongs to. */
export interface RunFacts {
  id: string;
  entity: string | null;
  project: string;
  /** Settings by top-level key. */
  config: Entries;
  group: string | null;
  jobType: string;
  name: string;
  notes: string;
  tags: readonly string[];
  /** Milliseconds since the epoch. */
  started: number;
}

/** The oldest wandb that reads such files. */
const MIN_CONSUMER = '0.12.0';

/** Fields of `Record`. */
const FIELD = { history: 2, summary: 3, files: 6, stats: 7, output: 13, run: 17, exit: 18, header: 21 } as const;

type Build = (writer: BinaryWriter) => void;

const message = (writer: BinaryWriter, field: number, build: Build): void => {
  writer.tag(field, 2).fork();
  build(writer);
  writer.join();
};

const text = (writer: BinaryWriter, field: number, value: string | null): void => {
  if (value) writer.tag(field, 2).string(value);
};

/** google.protobuf.Timestamp. @param at milliseconds since the epoch */
const timestamp = (writer: BinaryWriter, field: number, at: number): void =>
  message(writer, field, (inner) => {
    const seconds = Math.floor(at / 1000);
    inner.tag(1, 0).int64(seconds);
    inner.tag(2, 0).int32(Math.round((at - seconds * 1000) * 1e6));
  });

/** Items of a key (1) and its value as JSON. */
const items = (writer: BinaryWriter, field: number, entries: Entries, valueField: number): void => {
  for (const [key, json] of entries) {
    message(writer, field, (item) => {
      item.tag(1, 2).string(key);
      item.tag(valueField, 2).string(json);
    });
  }
};

/** Numbers the records of one run, and encodes them. */
export class RecordEncoder {
  readonly #run: string;
  #number = 0;

  constructor(run: string) {
    this.#run = run;
  }

  /** The first record. @param producer version of what writes it */
  header(producer: string): Uint8Array {
    return this.#record('header', (header) =>
      message(header, 1, (version) => {
        text(version, 1, producer);
        text(version, 2, MIN_CONSUMER);
      }),
    );
  }

  run({ id, entity, project, config, group, jobType, name, notes, tags, started }: RunFacts): Uint8Array {
    return this.#record('run', (run) => {
      text(run, 1, id);
      text(run, 2, entity);
      text(run, 3, project);
      message(run, 4, (update) => items(update, 1, config, 16));
      text(run, 6, group);
      text(run, 7, jobType);
      text(run, 8, name);
      text(run, 9, notes);
      for (const tag of tags) run.tag(10, 2).string(tag);
      timestamp(run, 17, started);
    });
  }

  /** A row of the history; `_step`, `_timestamp` and `_runtime` are entries like others. */
  history(step: number, entries: Entries): Uint8Array {
    return this.#record('history', (history) => {
      items(history, 1, entries, 16);
      message(history, 2, (inner) => inner.tag(1, 0).int64(step));
    });
  }

  /** Changes entries of the summary. */
  summary(entries: Entries): Uint8Array {
    return this.#record('summary', (summary) => items(summary, 1, entries, 16));
  }

  /** Metrics of the machine, named without `system.`. @param at milliseconds since the epoch */
  stats(at: number, entries: Entries): Uint8Array {
    return this.#record('stats', (stats) => {
      timestamp(stats, 2, at);
      items(stats, 3, entries, 16);
    });
  }

  /** A line of the console. @param at milliseconds since the epoch */
  output(at: number, line: string, error: boolean): Uint8Array {
    return this.#record('output', (output) => {
      // STDERR = 0, STDOUT = 1.
      if (!error) output.tag(1, 0).int32(1);
      timestamp(output, 2, at);
      text(output, 3, `${line}\n`);
    });
  }

  /** Files in the folder `files` that are to be uploaded. */
  files(paths: readonly string[]): Uint8Array {
    return this.#record('files', (files) => {
      for (const path of paths) {
        message(files, 1, (item) => {
          text(item, 1, path);
          // Policy END: once, when the run ends.
          item.tag(2, 0).int32(1);
        });
      }
    });
  }

  /** @param runtime seconds */
  exit(code: number, runtime: number): Uint8Array {
    return this.#record('exit', (exit) => {
      if (code !== 0) exit.tag(1, 0).int32(code);
      exit.tag(2, 0).int32(Math.round(runtime));
    });
  }

  #record(kind: keyof typeof FIELD, build: Build): Uint8Array {
    this.#number += 1;
    const writer = new BinaryWriter();
    writer.tag(1, 0).int64(this.#number);
    message(writer, FIELD[kind], build);
    message(writer, 200, (info) => text(info, 1, this.#run));
    return writer.finish();
  }
}
