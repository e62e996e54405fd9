/**
 * The part of MLflow's REST API that runs need, with answers that are checked:
 * https://mlflow.org/docs/latest/rest-api.html (MLflow 3).
 */
import * as v from 'valibot';
import { DeliveryError, type Http, type HttpRequest } from '../../http/http';
import { batchesOf, halvesOf, type LogBatch } from './batches';
import { explain, isMissing, isThere, noArtifacts } from './errors';

/** 64-bit integers come as numbers from MLflow, and as text from what follows protobuf's own JSON. */
const integer = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.finite());
/** Doubles: `"NaN"` and infinities are text in protobuf's JSON. */
const double = v.pipe(v.union([v.number(), v.string()]), v.transform(Number));

const pairs = v.pipe(
  v.optional(v.array(v.object({ key: v.string(), value: v.optional(v.string(), '') })), []),
  v.transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value]))),
);

const runSchema = v.object({
  info: v.object({
    run_id: v.string(),
    experiment_id: v.string(),
    run_name: v.optional(v.string(), ''),
    status: v.optional(v.string(), 'RUNNING'),
    start_time: v.optional(integer, 0),
    end_time: v.optional(integer, 0),
    artifact_uri: v.optional(v.string(), ''),
    lifecycle_stage: v.optional(v.string(), 'active'),
  }),
  data: v.optional(
    v.object({
      /** The last value of each: highest step, then time, then value. */
      metrics: v.optional(
        v.array(
          v.object({
            key: v.string(),
            value: v.optional(double, 0),
            timestamp: v.optional(integer, 0),
            step: v.optional(integer, 0),
          }),
        ),
        [],
      ),
      params: pairs,
      tags: pairs,
    }),
    {},
  ),
});

/** A run there. */
export type MlflowRun = v.InferOutput<typeof runSchema>;

/** Statuses of a run there. */
export type MlflowStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

const experimentSchema = v.object({
  experiment_id: v.string(),
  name: v.string(),
  lifecycle_stage: v.optional(v.string(), 'active'),
});

/** An experiment there. */
export type MlflowExperiment = v.InferOutput<typeof experimentSchema>;

const nothing = v.unknown();

/** Milliseconds for a file, a whole number: half a minute, and what it takes at 100 kB/s. */
const fileTimeout = (bytes: number): number => 30_000 + Math.ceil(bytes / 100);

/** The address without what a browser shows behind it: `http://host:5000/#/experiments/1` is `http://host:5000`. */
export function baseOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** One MLflow server. Every method throws DeliveryError; what MLflow itself refuses is an `MlflowError`. */
export class MlflowClient {
  /** Its address, without a slash at the end. */
  readonly base: string;
  readonly #http: Http;

  constructor(url: string, http: Http) {
    this.base = baseOf(url);
    this.#http = http;
  }

  /** Asks one thing. @param what what is done, for errors: `creating a run` */
  async call<T>(
    what: string,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    input: Record<string, unknown>,
    schema: v.GenericSchema<unknown, T>,
  ): Promise<T> {
    const url = `${this.base}/api/2.0/mlflow/${path}`;
    const response = await this.#request(
      what,
      method === 'GET' ? { method, url: withQuery(url, input) } : { method, url, body: input },
    );
    let answer: unknown;
    try {
      answer = await response.json();
    } catch (cause) {
      throw this.#strange(cause);
    }
    const parsed = v.safeParse(schema, answer);
    if (!parsed.success) throw this.#strange(new v.ValiError(parsed.issues));
    return parsed.output;
  }

  /** Its version; null where it does not say. */
  async version(): Promise<string | null> {
    try {
      const response = await this.#request('asking for the version', { method: 'GET', url: `${this.base}/version` });
      const text = (await response.text()).trim();
      return /^\d[\w.+-]{0,40}$/.test(text) ? text : null;
    } catch (error) {
      // Old servers and some proxies have no such page; whatever else is wrong, the next request meets it, too.
      if (error instanceof DeliveryError) return null;
      throw error;
    }
  }

  /** Whether it answers and lets this page write; harmless. */
  async probe(): Promise<void> {
    await this.call('listing experiments', 'POST', 'experiments/search', { max_results: 1 }, nothing);
  }

  /** An experiment by its name, deleted ones too; null: there is none. */
  async experimentByName(name: string): Promise<MlflowExperiment | null> {
    const schema = v.object({ experiment: experimentSchema });
    try {
      return (
        await this.call(
          'looking for the experiment',
          'GET',
          'experiments/get-by-name',
          { experiment_name: name },
          schema,
        )
      ).experiment;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Creates an experiment; null where there is one of this name. */
  async createExperiment(name: string): Promise<string | null> {
    try {
      const schema = v.object({ experiment_id: v.string() });
      return (await this.call('creating the experiment', 'POST', 'experiments/create', { name }, schema)).experiment_id;
    } catch (error) {
      if (isThere(error)) return null;
      throw error;
    }
  }

  /** Runs of an experiment that are not deleted, oldest first, at most 100. */
  async searchRuns(experiment: string, filter: string): Promise<MlflowRun[]> {
    const input = {
      experiment_ids: [experiment],
      filter,
      run_view_type: 'ACTIVE_ONLY',
      max_results: 100,
      order_by: ['attributes.start_time ASC'],
    };
    const schema = v.object({ runs: v.optional(v.array(runSchema), []) });
    return (await this.call('looking for the run', 'POST', 'runs/search', input, schema)).runs;
  }

  async createRun(input: {
    experiment_id: string;
    run_name: string;
    start_time: number;
    tags: LogBatch['tags'];
  }): Promise<MlflowRun> {
    return (await this.call('creating the run', 'POST', 'runs/create', input, v.object({ run: runSchema }))).run;
  }

  async getRun(id: string): Promise<MlflowRun> {
    return (await this.call('reading the run', 'GET', 'runs/get', { run_id: id }, v.object({ run: runSchema }))).run;
  }

  async updateRun(input: { run_id: string; status: MlflowStatus; end_time: number; run_name?: string }): Promise<void> {
    await this.call('changing the run', 'POST', 'runs/update', input, nothing);
  }

  /** Deletes a run, as the trash of MLflow's page does; one that is not there any more is deleted. */
  async deleteRun(id: string): Promise<void> {
    try {
      await this.call('deleting a run', 'POST', 'runs/delete', { run_id: id }, nothing);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /**
   * Logs in as many requests as it takes, one after another. Each arrives as a whole or not at all.
   * @param halve whether what is refused as too large goes in halves; not for who makes smaller batches, and goes on with these
   */
  async log(runId: string, what: Partial<LogBatch>, { halve = true } = {}): Promise<void> {
    for (const batch of batchesOf(what)) {
      try {
        await this.call('logging', 'POST', 'runs/log-batch', { run_id: runId, ...batch }, nothing);
      } catch (error) {
        const parts = halve && error instanceof DeliveryError && error.code === 'too_large' ? halvesOf(batch) : [];
        if (parts.length === 0) throw error;
        for (const part of parts) await this.log(runId, part);
      }
    }
  }

  /** Removes a tag; one that is not there is none. */
  async deleteTag(runId: string, key: string): Promise<void> {
    try {
      await this.call('removing a tag', 'POST', 'runs/delete-tag', { run_id: runId, key }, nothing);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Puts a file under an artifact address (`mlflow-artifacts:/1/…/artifacts`), in place of one that is there. */
  async putArtifact(uri: string, path: string, content: Blob, type: string): Promise<void> {
    await this.#request(`sending ${path}`, {
      method: 'PUT',
      url: this.#artifactUrl(uri, path),
      headers: { 'Content-Type': type || 'application/octet-stream' },
      body: content,
      timeout_ms: fileTimeout(content.size),
    });
  }

  /** Fetches a file. @param bytes about how large it is, for the time that it may take */
  async getArtifact(uri: string, path: string, bytes = 100e6): Promise<Blob> {
    const response = await this.#request(`fetching ${path}`, {
      method: 'GET',
      url: this.#artifactUrl(uri, path),
      timeout_ms: fileTimeout(bytes),
    });
    try {
      return await response.blob();
    } catch (cause) {
      throw new DeliveryError('unreachable', `${path} did not arrive whole from ${this.base}. Try again.`, { cause });
    }
  }

  async #request(what: string, request: HttpRequest): Promise<Response> {
    try {
      return await this.#http.request(request);
    } catch (error) {
      throw explain(error, what, this.base, pageOrigin());
    }
  }

  /** Where the server hands files through: see `mlflow server --serve-artifacts`. */
  #artifactUrl(uri: string, path: string): string {
    const match = /^mlflow-artifacts:(?:\/\/([^/]*))?\/(.*)$/.exec(uri);
    if (!match) {
      const place = uri === '' ? 'a place that it does not name' : `${uri.split(':')[0]}:…`;
      throw new DeliveryError(
        'refused',
        noArtifacts(`MLflow at ${this.base} keeps the files of this experiment under ${place}`),
      );
    }
    const [, host, root] = match;
    const base = host ? `${new URL(this.base).protocol}//${host}` : this.base;
    const parts = [...root.split('/'), ...path.split('/')].filter((part) => part !== '');
    return `${base}/api/2.0/mlflow-artifacts/artifacts/${parts.map(encodeURIComponent).join('/')}`;
  }

  #strange(cause: unknown): DeliveryError {
    return new DeliveryError(
      'answer',
      `${this.base} answers, but not as an MLflow server does. Check the address; MLflow 3 is expected there.`,
      { cause },
    );
  }
}

function withQuery(url: string, input: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input)) {
    if (typeof value === 'string' || typeof value === 'number') query.set(key, `${value}`);
  }
  return `${url}?${query.toString()}`;
}

/** The address that servers see this page under; null outside browsers. */
function pageOrigin(): string | null {
  const origin: unknown = Reflect.get(globalThis, 'origin');
  return typeof origin === 'string' && origin !== 'null' ? origin : null;
}
