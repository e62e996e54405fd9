/** A run at W&B. */
import { historyLine, historyRows, consoleLines, systemLine, systemRows, type Row } from '../../../export/wandb/lines';
import { settingsOf, wrappedConfig } from '../../../export/wandb/config';
import { wandbMedia, type MediaFile } from '../../../export/wandb/media';
import { remotePath } from '../../../export/wandb/paths';
import { wandbJson, wandbNumber } from '../../../export/wandb/json';
import { LATHE_VERSION } from '../../../base/version';
import { UNFINISHED, type RunStatus } from '../../../store/schema';
import type { Json } from '../../../store/study';
import type { Answer, Batch, RemoteRun, RunFile, TrackedRun } from '../../tracker';
import { DeliveryError } from '../../http/http';
import { logArtifact } from './artifact';
import { pageOf, type RunPlace, type StreamRequest, type WandbClient } from './client';
import { CREATE_RUN_FILES, RUN_RESUME_STATUS, UPSERT_BUCKET, type CountedLines } from './operations';
import { noLines, storedState, type LineCounts, type WandbState } from './state';
import { countsIn, pieces, summaryRequest } from './stream';
import { sweepOf } from './sweep';

/** Statuses that end a run well. */
const GOOD: readonly RunStatus[] = ['finished', 'stopped', 'pruned'];

/** What W&B calls a run’s part in a larger whole. */
const groupOf = ({ group }: TrackedRun): { groupName: string | null; jobType: string } =>
  group ? { groupName: `${group.name} ${group.id}`, jobType: group.role } : { groupName: null, jobType: 'train' };

/** What `UpsertBucket` says of a run. */
export function bucketOf(run: TrackedRun, sweep: string | null): Record<string, unknown> {
  const { id, name, params, facts, author, notes, tags } = run;
  const settings = settingsOf(params, { id, version: LATHE_VERSION, facts, author });
  return {
    name: id,
    displayName: name,
    notes,
    tags,
    program: 'lathe',
    config: wandbJson(wrappedConfig(settings, LATHE_VERSION)),
    sweep: sweep || null,
    ...groupOf(run),
  };
}

/** One run there. */
export class WandbRun implements RemoteRun {
  readonly url: string;
  readonly #client: WandbClient;
  readonly #place: RunPlace;
  readonly #started: number;
  readonly #pause: number;
  readonly #state: WandbState;
  /** Whether an attempt of which nothing is known may have left lines there. */
  #unsure: boolean;
  /** What was told of the run last: it need not be told again when what comes after it fails. */
  #told: string | null = null;

  /**
   * @param known whether the state is one that was stored: an attempt after it may have failed halfway
   * @param pause milliseconds between the requests of one batch: W&B takes two a second of a run
   */
  constructor(client: WandbClient, base: string, run: TrackedRun, state: WandbState, known: boolean, pause: number) {
    this.#client = client;
    this.#place = { entity: state.entity, project: state.project, run: run.id };
    this.#started = run.started;
    this.#state = structuredClone(state);
    this.#pause = pause;
    this.#unsure = known;
    const path = [state.entity, state.project, 'runs', run.id].map(encodeURIComponent).join('/');
    this.url = `${pageOf(base)}/${path}`;
  }

  get state(): Json {
    return storedState(this.#state);
  }

  async send(batch: Batch, again: boolean): Promise<Answer> {
    const state = this.#state;
    if (state.lost && batch.number === 0) {
      // The run is sent from its beginning: what is there of it are the same lines.
      state.lines = noLines();
      this.#unsure = true;
    }
    state.lost = false;
    if (again || this.#unsure) state.there = await this.#unnumbered(again);
    this.#unsure = false;

    const media = await Promise.all(batch.media.map(wandbMedia));
    const uploaded = await this.#putFiles(media.flatMap(({ file }) => (file ? [file] : [])));
    const history = historyRows(batch.points, media);
    const lines = {
      history: history.map((row) => historyLine(row, this.#started)),
      events: systemRows(batch.points).map((row) => systemLine(row, this.#started)),
      log: consoleLines(batch.lines),
    };
    this.#summarize(history);

    const from = state.lines;
    let stop = false;
    for (const [i, { request, after }] of pieces(lines, from, state.there, state.summary).entries()) {
      if (i > 0) await new Promise((resolve) => setTimeout(resolve, this.#pause));
      const answer = await this.#stream({ ...request, ...(uploaded.length > 0 && { uploaded }) });
      // Should a later request fail, the batch comes again from its beginning.
      state.there = furthest(state.there, after);
      stop ||= answer.stop;
    }
    state.lines = {
      history: from.history + lines.history.length,
      events: from.events + lines.events.length,
      log: from.log + lines.log.length,
    };
    return { stop };
  }

  async upload(file: RunFile): Promise<void> {
    // The files of a model are one artifact, which needs all of them: `update` sends it.
    if (file.model) return;
    await this.#putFiles([{ path: remotePath(file.path), blob: await file.read() }]);
  }

  async update(run: TrackedRun, files: readonly RunFile[]): Promise<void> {
    const state = this.#state;
    if (run.noun === 'study' || state.sweep === null) {
      if (state.sweep !== '') state.sweep = await sweepOf(this.#client, this.#place, run);
    }
    const { entity, project } = this.#place;
    const told = { entity, project, ...bucketOf(run, state.sweep) };
    const telling = JSON.stringify([told, run.status]);
    if (telling !== this.#told) await this.#client.ask(UPSERT_BUCKET, told);
    this.#told = telling;

    const ended = !UNFINISHED.includes(run.status);
    const model = files.filter((file) => file.model);
    if (ended && model.length > 0) await this.#sendModel(run, model);

    for (const [name, value] of Object.entries(run.summary)) state.summary[name] = wandbNumber(value);
    state.summary.status = JSON.stringify(run.status);
    if (run.reason === null) delete state.summary.reason;
    else state.summary.reason = JSON.stringify(run.reason);
    const runtime = Math.max(0, Math.round(((run.ended ?? Date.now()) - run.started) / 1000));
    state.summary._wandb = JSON.stringify({ runtime });

    const own = files.filter((file) => !file.model).map(({ path }) => remotePath(path));
    await this.#stream({
      ...summaryRequest(state.summary, state.lines),
      ...(own.length > 0 && { uploaded: own }),
      ...(ended && { complete: true, exitcode: GOOD.includes(run.status) ? 0 : 1 }),
    });
    this.#told = null;
  }

  beat(): Promise<Answer> {
    return this.#stream({});
  }

  /**
   * Lines that a server has without numbering them: of one that numbers, none need be known, since lines sent again replace
   * themselves.
   * @param again an attempt has just failed, and may still be at work there: it is looked at twice
   */
  async #unnumbered(again: boolean): Promise<LineCounts> {
    const first = await this.#linesThere();
    if (first.numbered) return noLines();
    if (!again) return first.counts;
    await new Promise((resolve) => setTimeout(resolve, this.#pause));
    try {
      return furthest(first.counts, (await this.#linesThere()).counts);
    } catch (error) {
      // The second look only makes sure.
      if (error instanceof DeliveryError) return first.counts;
      throw error;
    }
  }

  async #linesThere(): Promise<ReturnType<typeof linesIn>> {
    const { entity, project, run } = this.#place;
    const { model } = await this.#client.ask(RUN_RESUME_STATUS, { entity, project, name: run });
    return model?.bucket ? linesIn(model.bucket) : { numbered: false, counts: noLines() };
  }

  async #putFiles(files: readonly MediaFile[]): Promise<string[]> {
    if (files.length === 0) return [];
    const byPath = new Map(files.map(({ path, blob }) => [path, blob]));
    const { entity, project, run } = this.#place;
    const { createRunFiles } = await this.#client.ask(CREATE_RUN_FILES, {
      entity,
      project,
      run,
      files: [...byPath.keys()],
    });
    const addresses = new Map(createRunFiles.files.map(({ name, uploadUrl }) => [name, uploadUrl]));
    for (const [path, blob] of byPath) {
      const address = addresses.get(path);
      if (address === undefined) {
        throw new DeliveryError('answer', `${this.#client.origin} gives no address for the file ${path}.`);
      }
      await this.#client.put(address, createRunFiles.uploadHeaders, blob);
    }
    return [...byPath.keys()];
  }

  async #sendModel({ id, config, facts }: TrackedRun, files: readonly RunFile[]): Promise<void> {
    const content = files
      .map(({ path, key }) => `${path} ${key}`)
      .sort()
      .join('\n');
    if (this.#state.artifact === content) return;
    const { model_name: name = null, alias = null } = config?.registry.mlflow ?? {};
    const kept = await logArtifact(
      this.#client,
      this.#place,
      {
        collection: name ?? `run-${id}-model`,
        aliases: ['latest', ...(alias === null ? [] : [alias])],
        metadata: { ...facts, run: id },
      },
      files,
    );
    if (!kept) {
      for (const file of files) await this.#putFiles([{ path: remotePath(file.path), blob: await file.read() }]);
    }
    this.#state.artifact = content;
  }

  /** The summary shows the last value of everything but histograms, which would outgrow it. */
  #summarize(rows: readonly Row[]): void {
    for (const { step, time, entries } of rows) {
      for (const [name, json] of entries)
        if (!json.startsWith('{"_type":"histogram"')) this.#state.summary[name] = json;
      this.#state.summary._step = wandbNumber(step);
      this.#state.summary._timestamp = wandbNumber(time / 1000);
      this.#state.summary._runtime = wandbNumber(Math.max(0, time - this.#started) / 1000);
    }
  }

  #stream(request: StreamRequest): Promise<Answer> {
    return this.#client.stream(this.#place, request);
  }
}

const furthest = (a: LineCounts, b: LineCounts): LineCounts => ({
  history: Math.max(a.history, b.history),
  events: Math.max(a.events, b.events),
  log: Math.max(a.log, b.log),
});

/** What a server has of a run’s lines, and whether it numbers them. */
export function linesIn({ historyLineCount, eventsLineCount, logLineCount, summaryMetrics }: CountedLines): {
  numbered: boolean;
  counts: LineCounts;
} {
  const counts = { history: historyLineCount, events: eventsLineCount, log: logLineCount };
  if (counts.history + counts.events + counts.log > 0) return { numbered: true, counts };
  return { numbered: false, counts: countsIn(summaryMetrics) ?? noLines() };
}
