/**
 * A small service with a tracker of its own, by which the conformance suite is tested. A run there is a list of rows and a list
 * of lines, written at offsets, so that what is sent twice lies in the same place.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import type { Json } from '../../../src/store/study';
import { DeliveryError, type Http } from '../../../src/tracking/http/http';
import type { Answer, Batch, RemoteRun, RunFile, TrackedRun, Tracker } from '../../../src/tracking/tracker';
import type { Arrived, Subject } from '../../integration/tracking/subject';

/** Mistakes that a tracker may have. */
export type Mistake =
  | 'doubles' // appends where it cannot know whether it has sent before
  | 'begins anew' // knows a run by its state only
  | 'merges names' // makes one name out of two
  | 'drops NaN'
  | 'keeps every file' // a file that is sent again stands beside the first one
  | 'forgets' // its server loses everything when it is killed
  | 'leaks' // its state holds the key
  | 'gives up' // says of a server that is away that it refuses
  | 'never ends'; // does not tell how a run ended

const KEY = 'a-key-that-nobody-may-see';

const state = v.nullable(v.object({ there: v.string(), rows: v.number(), lines: v.number() }));
type State = NonNullable<v.InferOutput<typeof state>>;

const options = v.strictObject({ url: v.string() });
type Options = v.InferOutput<typeof options>;

const rows = v.array(v.tuple([v.string(), v.number(), v.string()]));
const facts = v.object({ id: v.string(), params: v.record(v.string(), v.string()) });
const counts = v.object({ there: v.string(), rows: v.number(), lines: v.number() });

/** What the service stores of a run. */
interface Stored {
  id: string;
  params: Record<string, string>;
  rows: v.InferOutput<typeof rows>;
  lines: string[];
  files: Map<string, number>;
  status: string;
}

/** The service with its tracker, as a subject of the suite. */
export function fakeSubject(mistake: Mistake | null = null): Subject {
  return {
    name: mistake === null ? 'a tracker without mistakes' : `a tracker that makes one: ${mistake}`,
    tracker: tracker(mistake),
    async start() {
      const service = new Service(mistake);
      await service.listen();
      return {
        url: `http://127.0.0.1:${service.port}`,
        options: (url) => ({ url }),
        credential: { scheme: 'bearer', token: KEY },
        read: async (id) => service.read(id),
        kill: () => service.kill(),
        restart: () => service.listen(),
        stop: () => service.kill(),
      };
    },
  };
}

const tracker = (mistake: Mistake | null): Tracker<Options> => ({
  kind: 'fake',
  title: 'Fake',
  schema: options,
  fields: [{ key: 'url', label: 'Address', placeholder: 'http://localhost:1', required: true }],
  credentials: ['bearer'],
  limits: { points: 1000, pause_ms: 0 },
  fromConfig: () => null,
  origins: ({ url }) => [url],
  connect: ({ url }, http) => ({
    async check() {
      await call(http, mistake, 'GET', `${url}/`);
      return 'A fake service answers.';
    },
    async open(run, remembered) {
      const known = v.parse(state, remembered);
      if (known) return new Remote(http, url, mistake, known);
      const params = Object.fromEntries(Object.entries(run.params).map(([key, value]) => [key, String(value)]));
      const answer = await call(http, mistake, 'POST', `${url}/runs`, { id: run.id, params });
      return new Remote(http, url, mistake, v.parse(counts, await answer.json()));
    },
  }),
});

class Remote implements RemoteRun {
  readonly url = null;
  readonly #http: Http;
  readonly #url: string;
  readonly #mistake: Mistake | null;
  #at: State;

  constructor(http: Http, url: string, mistake: Mistake | null, at: State) {
    this.#http = http;
    this.#url = `${url}/runs/${at.there}`;
    this.#mistake = mistake;
    this.#at = at;
  }

  get state(): Json {
    return this.#mistake === 'leaks' ? { ...this.#at, key: KEY } : { ...this.#at };
  }

  async send({ points, lines }: Batch): Promise<Answer> {
    const name = (metric: string): string => (this.#mistake === 'merges names' ? metric.replace(/\W/g, '_') : metric);
    const sent = points
      .flatMap(({ metric, steps, values }) =>
        [...steps].map((step, i): [string, number, string] => [name(metric), step, String(values[i])]),
      )
      .filter(([, , value]) => this.#mistake !== 'drops NaN' || value !== 'NaN');
    const texts = lines.map(({ message }) => message);
    const at = this.#mistake === 'doubles' ? { rows: null, lines: null } : this.#at;
    await this.#call('PUT', '/rows', { at: at.rows, rows: sent });
    await this.#call('PUT', '/lines', { at: at.lines, lines: texts });
    this.#at = { ...this.#at, rows: this.#at.rows + sent.length, lines: this.#at.lines + texts.length };
    return { stop: false };
  }

  async upload(file: RunFile): Promise<void> {
    const body = await file.read();
    await this.#call('PUT', `/files?path=${encodeURIComponent(file.path)}`, { text: await body.text() });
  }

  async update({ status }: TrackedRun): Promise<void> {
    if (this.#mistake !== 'never ends') await this.#call('PUT', '/status', { status });
  }

  #call(method: 'PUT', path: string, body: object): Promise<Response> {
    return call(this.#http, this.#mistake, method, this.#url + path, body);
  }
}

async function call(
  http: Http,
  mistake: Mistake | null,
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  body?: object,
): Promise<Response> {
  try {
    return await http.request({ method, url, body });
  } catch (error) {
    if (mistake === 'gives up' && error instanceof DeliveryError) throw new DeliveryError('refused', error.message);
    throw error;
  }
}

class Service {
  port = 0;
  readonly #mistake: Mistake | null;
  readonly #runs: Stored[] = [];
  #server: Server | null = null;

  constructor(mistake: Mistake | null) {
    this.#mistake = mistake;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    if (this.#mistake === 'forgets') for (const run of this.#runs) run.rows = [];
  }

  read(id: string): Arrived {
    const run = this.#runs.findLast((one) => one.id === id);
    if (!run) throw new Error(`There is no run ${id}.`);
    const metrics: Arrived['metrics'] = {};
    for (const [metric, step, value] of run.rows) (metrics[metric] ??= []).push([step, Number(value)]);
    return { metrics, params: run.params, files: Object.fromEntries(run.files), lines: run.lines, status: run.status };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      response.writeHead(401).end();
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const body: unknown = text === '' ? null : JSON.parse(text);
    const [, , there, part] = pathname.split('/');
    if (pathname === '/runs') {
      response.end(JSON.stringify(this.#begin(v.parse(facts, body))));
      return;
    }
    if (there !== undefined)
      this.#change(this.#runs[Number(there)], { part, path: searchParams.get('path') ?? '', body });
    response.end('{}');
  }

  #begin({ id, params }: v.InferOutput<typeof facts>): State {
    let there = this.#mistake === 'begins anew' ? -1 : this.#runs.findIndex((run) => run.id === id);
    if (there < 0)
      there = this.#runs.push({ id, params, rows: [], lines: [], files: new Map(), status: 'running' }) - 1;
    return { there: String(there), rows: this.#runs[there].rows.length, lines: this.#runs[there].lines.length };
  }

  #change(run: Stored, { part, path, body }: { part: string; path: string; body: unknown }): void {
    const at = v.nullable(v.number());
    if (part === 'rows') {
      const sent = v.parse(v.object({ at, rows }), body);
      run.rows.splice(sent.at ?? run.rows.length, Infinity, ...sent.rows);
    } else if (part === 'lines') {
      const sent = v.parse(v.object({ at, lines: v.array(v.string()) }), body);
      run.lines.splice(sent.at ?? run.lines.length, Infinity, ...sent.lines);
    } else if (part === 'files') {
      const { text } = v.parse(v.object({ text: v.string() }), body);
      const name = this.#mistake === 'keeps every file' && run.files.has(path) ? `copy of ${path}` : path;
      run.files.set(name, Buffer.byteLength(text));
    } else {
      run.status = v.parse(v.object({ status: v.string() }), body).status;
    }
  }
}
