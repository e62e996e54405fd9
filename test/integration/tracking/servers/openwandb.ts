/**
 * A real `openwandb`, an open server that speaks W&B’s protocol. It numbers no lines: what is sent twice is there twice.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { PythonServer } from './python-server';

const LAUNCHER = join(import.meta.dirname, 'serve_openwandb.py');

/** The key that it knows from the start. */
export const OPENWANDB_KEY = `local${'0'.repeat(40)}`;

/** Its HTTP API fails on a run whose summary has an infinity; its GraphQL tells the JSON as the text that it is. */
const RUN = `query Run($name: String!) {
  model(name: "lathe", entityName: "default") {
    bucket(name: $name) { state displayName notes tags config summaryMetrics }
  }
}`;
const jsonText = v.pipe(v.string(), v.transform(parseLine));
const runAnswer = v.object({
  data: v.object({
    model: v.object({
      bucket: v.object({
        state: v.string(),
        displayName: v.string(),
        notes: v.string(),
        tags: v.array(v.string()),
        config: jsonText,
        summaryMetrics: jsonText,
      }),
    }),
  }),
});
const point = v.looseObject({ step: v.number(), value: v.nullable(v.number()) });
const metricsAnswer = v.object({ metrics_by_key: v.record(v.string(), v.array(point)) });
const systemAnswer = v.object({ system_metrics: v.record(v.string(), v.array(point)) });
const filesAnswer = v.object({ files: v.array(v.looseObject({ name: v.string(), size: v.number() })) });
const artifactsAnswer = v.object({
  artifacts: v.array(v.looseObject({ name: v.string(), artifact_type: v.string(), metadata_json: v.string() })),
});

/** The server, and what is read back from it. */
export class OpenwandbServer {
  readonly process: PythonServer;

  private constructor(process: PythonServer) {
    this.process = process;
  }

  /** Starts one. */
  static async start(): Promise<OpenwandbServer> {
    const process = await PythonServer.start({
      name: 'openwandb',
      command: ({ port, folder }) =>
        [
          [LAUNCHER, 'serve', '--host', '127.0.0.1', '--port', String(port)],
          ['--data-dir', folder, '--log-level', 'warning'],
        ].flat(),
      env: { PYTHONDONTWRITEBYTECODE: '1' },
      probe: '/api/v1/viewer',
    });
    return new OpenwandbServer(process);
  }

  get url(): string {
    return this.process.url;
  }

  /** Name, state, config (still wrapped), summary and tags of a run. */
  async run(id: string): Promise<v.InferOutput<typeof runAnswer>['data']['model']['bucket']> {
    const question = { method: 'POST', body: JSON.stringify({ query: RUN, variables: { name: id } }) };
    return (await this.#get('/graphql', runAnswer, question)).data.model.bucket;
  }

  /** Points by metric, in the order of their steps. Fails where one is infinite: its JSON cannot say so. */
  async metrics(id: string): Promise<Record<string, [step: number, value: number | null][]>> {
    const { metrics_by_key } = await this.#get(`/api/v2/runs/${id}/metrics`, metricsAnswer);
    return Object.fromEntries(
      Object.entries(metrics_by_key).map(([key, points]) => [key, points.map(({ step, value }) => [step, value])]),
    );
  }

  /** Values of the machine by name. */
  async system(id: string): Promise<Record<string, (number | null)[]>> {
    const { system_metrics } = await this.#get(`/api/v2/runs/${id}/system_metrics`, systemAnswer);
    return Object.fromEntries(
      Object.entries(system_metrics).map(([key, points]) => [key, points.map(({ value }) => value)]),
    );
  }

  /** Bytes of the files that it knows of, by path. */
  async files(id: string): Promise<Record<string, number>> {
    const { files } = await this.#get(`/api/v1/runs/${id}/files`, filesAnswer);
    return Object.fromEntries(files.map(({ name, size }) => [name, size]));
  }

  /** Artifacts of a run. */
  async artifacts(id: string): Promise<{ name: string; type: string; metadata: string }[]> {
    const { artifacts } = await this.#get(`/api/v2/runs/${id}/artifacts`, artifactsAnswer);
    return artifacts.map(({ name, artifact_type, metadata_json }) => ({
      name,
      type: artifact_type,
      metadata: metadata_json,
    }));
  }

  /** A file of a run; null: there is none. */
  async file(id: string, path: string, project = 'lathe'): Promise<Uint8Array | null> {
    const response = await fetch(`${this.url}/files/default/${project}/${id}/${encodeURI(path)}`, {
      headers: AUTHORIZED,
    });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  }

  /** Lines of a text file of a run. */
  async lines(id: string, path: string): Promise<string[]> {
    const bytes = await this.file(id, path);
    return bytes ? new TextDecoder().decode(bytes).split('\n').filter(Boolean) : [];
  }

  async #get<T>(path: string, schema: v.GenericSchema<unknown, T>, request: RequestInit = {}): Promise<T> {
    const headers = { ...AUTHORIZED, 'Content-Type': 'application/json' };
    const response = await fetch(`${this.url}${path}`, { ...request, headers });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return v.parse(schema, await response.json());
  }
}

/** Reads a line of the history, or a summary, which may hold `NaN` and `Infinity`. */
export function parseLine(line: string): Record<string, unknown> {
  const marked = line.replace(/:\s*(NaN|-?Infinity)(?=[,}])/g, ':{"number":"$1"}');
  return JSON.parse(marked, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && 'number' in value ? Number(value.number) : value,
  ) as Record<string, unknown>;
}

const AUTHORIZED = { Authorization: `Basic ${btoa(`api:${OPENWANDB_KEY}`)}` };
