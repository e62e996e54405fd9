/** One run at an MLflow server: what `RemoteRun` asks of it. */
import * as v from 'valibot';
import type { RunStatus } from '../../../store/schema';
import type { Json } from '../../../store/study';
import type { Answer, Batch, RemoteRun, RunFile, TrackedRun } from '../../tracker';
import type { LogBatch } from './batches';
import type { MlflowClient, MlflowRun, MlflowStatus } from './client';
import { TABLES_TAG, withTables } from './logged-tables';
import { mediaFiles } from './media';
import { metricsOf, missingMetrics, summaryMetrics } from './metrics';
import { describeModel, MODEL_PATH, writeMlmodel } from './model-folder';
import { cut, MAX_PARAM, MAX_TAG, safeName } from './names';
import { parentOf } from './parent';
import { registerVersion } from './registry-changes';
import { MODELS_TAG, tagChanges, tagsOf } from './tags';
import { versionTags } from './version-tags';

/** What is remembered of a run there. */
export const stateSchema = v.object({
  experiment: v.string(),
  run: v.string(),
  /** Where its files go: `mlflow-artifacts:/1/…/artifacts` */
  artifacts: v.string(),
  /** Version of the registered model that it has become; null: none yet. */
  version: v.nullable(v.string()),
});

/** See `stateSchema`. */
export type MlflowState = v.InferOutput<typeof stateSchema>;

/** As which registered model the run's model is kept; null: none. */
export interface Registration {
  model: string;
  alias: string | null;
}

const STATUS: Record<RunStatus, MlflowStatus> = {
  running: 'RUNNING',
  // It goes on; MLflow has no word for it. The tag `lathe.status` says it exactly.
  paused: 'RUNNING',
  finished: 'FINISHED',
  stopped: 'KILLED',
  pruned: 'KILLED',
  cancelled: 'KILLED',
  diverged: 'FAILED',
  failed: 'FAILED',
};

/** The run there that an id of ours leads to. */
export class MlflowRemoteRun implements RemoteRun {
  readonly #client: MlflowClient;
  readonly #registration: Registration | null;
  #state: MlflowState;

  constructor(client: MlflowClient, state: MlflowState, registration: Registration | null) {
    this.#client = client;
    this.#state = state;
    this.#registration = registration;
  }

  get state(): Json {
    return { ...this.#state };
  }

  get url(): string {
    const { experiment, run } = this.#state;
    return `${this.#client.base}/#/experiments/${encodeURIComponent(experiment)}/runs/${encodeURIComponent(run)}`;
  }

  /** Media first: they replace what is there, so that what may have arrived in part are points only. */
  async send(batch: Batch, again: boolean): Promise<Answer> {
    const files = await mediaFiles(batch.media);
    for (const { path, type, content } of files) {
      await this.#client.putArtifact(this.#state.artifacts, path, content, type);
    }
    const tables = files.filter(({ table }) => table).map(({ path }) => path);
    let metrics = await metricsOf(batch.points);
    const tags: LogBatch['tags'] = [];
    if ((again && metrics.length > 0) || tables.length > 0) {
      const there = await this.#client.getRun(this.#state.run);
      if (again) metrics = missingMetrics(metrics, there);
      if (tables.length > 0) tags.push({ key: TABLES_TAG, value: withTables(there.data.tags[TABLES_TAG], tables) });
    }
    await this.#client.log(this.#state.run, { metrics, tags }, { halve: false });
    return { stop: false };
  }

  async upload(file: RunFile): Promise<void> {
    await this.#client.putArtifact(this.#state.artifacts, await safeName(file.path), await file.read(), file.type);
  }

  async update(run: TrackedRun, files: readonly RunFile[]): Promise<void> {
    const there = await this.#client.getRun(this.#state.run);
    const parent = await parentOf(this.#client, this.#state.experiment, run);
    await this.#setTags(await tagsOf(run, parent), there);
    await this.#client.log(this.#state.run, { metrics: await summaryMetrics(run.summary, there, Date.now()) });

    const ended = STATUS[run.status] !== 'RUNNING';
    if (ended) await this.#keepModel(run, files, there);
    await this.setStatus(run, there);
    // A study ends its own run; for peers nobody else does.
    if (ended && parent !== null && run.group?.role === 'peer') {
      await this.#client.updateRun({ run_id: parent, status: STATUS[run.status], end_time: endOf(run) });
    }
  }

  /** Sends the params and tags that are not there yet. */
  async describe(run: TrackedRun, parent: string | null, there: MlflowRun): Promise<void> {
    const params: { key: string; value: string }[] = [];
    for (const [name, value] of Object.entries(run.params)) {
      const param = { key: await safeName(name), value: cut(String(value), MAX_PARAM) };
      // A param that has another value there is sent, too: MLflow refuses it, and says which.
      if (there.data.params[param.key] !== param.value) params.push(param);
    }
    await this.#client.log(this.#state.run, { params });
    await this.#setTags(await tagsOf(run, parent), there);
  }

  /** Makes status, end and name there those of `run`. */
  async setStatus(run: TrackedRun, there: MlflowRun): Promise<void> {
    const status = STATUS[run.status];
    // 0 is how an end is taken back.
    const end = status === 'RUNNING' ? 0 : endOf(run);
    const name = run.name || run.id;
    const { info } = there;
    if (info.status === status && info.end_time === end && info.run_name === name) return;
    await this.#client.updateRun({ run_id: this.#state.run, status, end_time: end, run_name: name });
  }

  async #setTags(wanted: Record<string, string>, there: MlflowRun): Promise<void> {
    const { set, remove } = tagChanges(there.data.tags, wanted);
    // Before the list of them changes, so that none is forgotten where this is cut short.
    for (const key of remove) await this.#client.deleteTag(this.#state.run, key);
    await this.#client.log(this.#state.run, { tags: set });
  }

  /** Makes the model's files a model of MLflow, and a version of the registered model that was asked for. */
  async #keepModel(run: TrackedRun, files: readonly RunFile[], there: MlflowRun): Promise<void> {
    if (!files.some(({ model }) => model)) return;
    const { run: runId, artifacts } = this.#state;
    const model = await describeModel({
      run_id: runId,
      files,
      created: endOf(run),
      mlflow_version: (await this.#client.version()) ?? '3.0.0',
      metadata: { lathe_run_id: run.id, ...run.facts },
    });
    if (!model) return;
    const text = await writeMlmodel(model);
    const type = 'text/yaml';
    await this.#client.putArtifact(artifacts, `${MODEL_PATH}/MLmodel`, new Blob([text], { type }), type);
    const history = JSON.stringify([{ ...model, metadata: undefined }]);
    if (there.data.tags[MODELS_TAG] !== history) {
      await this.#client.log(runId, { tags: [{ key: MODELS_TAG, value: cut(history, MAX_TAG) }] });
    }

    const wanted = this.#registration;
    // Trials are many and none of them is chosen yet; a model that did not get to its end is registered by hand only.
    if (!wanted || this.#state.version !== null || run.group?.role === 'trial') return;
    if (run.status !== 'finished' && run.status !== 'stopped') return;
    const { version } = await registerVersion(this.#client, {
      ...wanted,
      run_id: runId,
      artifacts,
      description: run.notes,
      tags: await versionTags(run),
      group: run.group?.role === 'peer' ? run.group.id : null,
    });
    this.#state = { ...this.#state, version };
  }
}

const endOf = (run: TrackedRun): number => Math.round(run.ended ?? Date.now());
