/** MLflow: https://mlflow.org. What is sent where is told in docs/tracking/mlflow.md. */
import * as v from 'valibot';
import { aliasProblem, modelNameProblem } from '../../../config/registered-models';
import type { RunConfig } from '../../../config/schema';
import type { Json } from '../../../store/study';
import { DeliveryError, type Http } from '../../http/http';
import type { Connection, RemoteRun, TrackedRun, Tracker } from '../../tracker';
import { baseOf, MlflowClient, type MlflowRun } from './client';
import { isMissing } from './errors';
import { findRuns, parentOf } from './parent';
import { MlflowRemoteRun, stateSchema, type MlflowState, type Registration } from './remote-run';
import { identityTags } from './tags';

const isAddress = (url: string): boolean =>
  URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && !new URL(url).username && !new URL(url).password;

/** A text that may be left empty: null. */
const optionalText = v.optional(
  v.pipe(
    v.nullable(v.string()),
    v.transform((text) => text?.trim() || null),
  ),
  null,
);

const schema = v.pipe(
  v.object({
    url: v.pipe(
      v.string(),
      v.trim(),
      v.check(isAddress, 'Give the http(s) address of an MLflow server, without name and password.'),
      v.transform(baseOf),
    ),
    experiment: v.pipe(
      optionalText,
      v.check((name) => name === null || name.length <= 500, 'The name of an experiment has at most 500 characters.'),
    ),
    model_name: v.pipe(
      optionalText,
      v.check(
        (name) => name === null || modelNameProblem(name) === null,
        ({ input }) => `The name ${modelNameProblem(input ?? '')}`,
      ),
    ),
    alias: v.pipe(
      optionalText,
      v.check(
        (alias) => alias === null || aliasProblem(alias) === null,
        ({ input }) => `The alias ${aliasProblem(input ?? '')}`,
      ),
    ),
  }),
  v.check(
    ({ model_name, alias }) => alias === null || model_name !== null,
    'An alias belongs to a registered model: name the model, too.',
  ),
);

/** Where at an MLflow server runs go. */
export type MlflowOptions = v.InferOutput<typeof schema>;

/** The tracker `mlflow`. */
export const mlflow: Tracker<MlflowOptions> = {
  kind: 'mlflow',
  title: 'MLflow',
  schema,
  fields: [
    { key: 'url', label: 'Address', placeholder: 'http://localhost:5000', required: true },
    { key: 'experiment', label: 'Experiment', placeholder: 'Name of the dataset', required: false },
    { key: 'model_name', label: 'Registered model', placeholder: 'None', required: false },
    { key: 'alias', label: 'Alias of new versions', placeholder: 'champion', required: false },
  ],
  credentials: ['basic', 'bearer'],
  limits: { points: 1000, pause_ms: 50 },
  fromConfig({ logging, registry }: RunConfig): MlflowOptions | null {
    const { tracking_uri: uri, model_name, alias } = registry.mlflow;
    if (uri === null || logging.mlflow.enabled === false || !isAddress(uri)) return null;
    return { url: baseOf(uri), experiment: logging.mlflow.experiment, model_name, alias };
  },
  origins: ({ url }) => [new URL(url).origin],
  connect: (options, http) => new MlflowConnection(options, http),
};

class MlflowConnection implements Connection {
  readonly #client: MlflowClient;
  readonly #experiment: string | null;
  readonly #registration: Registration | null;

  constructor({ url, experiment, model_name: model, alias }: MlflowOptions, http: Http) {
    this.#client = new MlflowClient(url, http);
    this.#experiment = experiment;
    this.#registration = model === null ? null : { model, alias };
  }

  async check(): Promise<string> {
    await this.#client.probe();
    const version = await this.#client.version();
    return `MLflow${version === null ? '' : ` ${version}`} answers at ${this.#client.base}.`;
  }

  async open(run: TrackedRun, state: Json): Promise<RemoteRun> {
    const known = v.safeParse(stateSchema, state);
    const found = known.success ? await this.#read(known.output) : await this.#findOrCreate(run);
    const remote = new MlflowRemoteRun(
      this.#client,
      {
        experiment: found.info.experiment_id,
        run: found.info.run_id,
        artifacts: found.info.artifact_uri,
        version: known.success ? known.output.version : null,
      },
      this.#registration,
    );
    await remote.describe(run, await parentOf(this.#client, found.info.experiment_id, run), found);
    // A run that had ended there goes on. Its end is told by `update`, when all has arrived.
    if (run.ended === null) await remote.setStatus(run, found);
    return remote;
  }

  /** The run that is remembered. */
  async #read({ run: id }: MlflowState): Promise<MlflowRun> {
    let run: MlflowRun;
    try {
      run = await this.#client.getRun(id);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new DeliveryError(
        'not_found',
        `The run is not at ${this.#client.base} any more: it was deleted for good, or another database is used there. Remove this delivery and send the run again.`,
        { cause: error },
      );
    }
    if (run.info.lifecycle_stage !== 'deleted') return run;
    throw new DeliveryError(
      'refused',
      `The run was deleted in MLflow at ${this.#client.base}. Restore it there, or remove this delivery and send the run again.`,
    );
  }

  /** By its tag: an answer to an earlier attempt may have been lost. */
  async #findOrCreate(run: TrackedRun): Promise<MlflowRun> {
    const experiment = await this.#experimentOf(run);
    const [found] = await findRuns(this.#client, experiment, run.id);
    if (found) return found;
    const tags = Object.entries(identityTags(run.id, run.noun, run.name));
    return this.#client.createRun({
      experiment_id: experiment,
      run_name: run.name || run.id,
      start_time: Math.round(run.started),
      tags: tags.map(([key, value]) => ({ key, value })),
    });
  }

  /** Id of the experiment, which is created where it is missing. */
  async #experimentOf(run: TrackedRun): Promise<string> {
    const name = this.#experiment ?? ((run.facts.dataset ?? run.config?.data.dataset)?.trim() || 'lathe').slice(0, 500);
    let known = await this.#client.experimentByName(name);
    if (known === null) {
      const created = await this.#client.createExperiment(name);
      if (created !== null) return created;
      // Somebody else created it just now, or it may not be read.
      known = await this.#client.experimentByName(name);
      if (known === null) {
        throw new DeliveryError(
          'forbidden',
          `The experiment ${name} exists at ${this.#client.base}, but this account cannot read it. Ask whoever runs the server, or send to an experiment of another name.`,
        );
      }
    }
    if (known.lifecycle_stage !== 'deleted') return known.experiment_id;
    throw new DeliveryError(
      'refused',
      `The experiment ${name} was deleted in MLflow at ${this.#client.base}. Restore it with: mlflow experiments restore --experiment-id ${known.experiment_id}, or send to an experiment of another name.`,
    );
  }
}
