/**
 * As much of MLflow as runs need, in memory, and able to lose what the real one does not lose when asked: the answer to any
 * request, or the request. It keeps every point that it is sent, doubled ones, too, as a server without a database may.
 */
import { DeliveryError, type Http, type HttpRequest } from '../../../../../src/tracking/http/http';

interface Pair {
  key: string;
  value: string;
}

interface Metric {
  key: string;
  value: number | string;
  timestamp: number;
  step: number;
}

interface Run {
  id: string;
  experiment: string;
  name: string;
  status: string;
  start: number;
  end: number;
  deleted: boolean;
  metrics: Metric[];
  params: Record<string, string>;
  tags: Record<string, string>;
}

interface Version {
  name: string;
  version: string;
  run_id: string;
  source: string;
  description: string;
  tags: Record<string, string>;
}

/** What is sent, as this server reads it. */
interface Input {
  [key: string]: unknown;
  metrics?: Metric[];
  params?: Pair[];
  tags?: Pair[];
}

/** The server. */
export class FakeMlflow implements Http {
  readonly experiments: string[] = [];
  readonly runs: Run[] = [];
  readonly files = new Map<string, string>();
  readonly models = new Map<string, { aliases: Record<string, string>; versions: Version[] }>();
  /** `POST runs/create`, in order. */
  readonly asked: string[] = [];
  /** Decides what happens to the request of this number, from 0. */
  fault: (index: number) => 'lost' | 'answer lost' | null = () => null;
  /** What it takes of params, tags and metrics in one request. */
  most = Infinity;

  credential(): null {
    return null;
  }

  async request(request: HttpRequest): Promise<Response> {
    const index = this.asked.length;
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace('/api/2.0/mlflow/', '');
    this.asked.push(`${request.method} ${path}`);
    const fault = this.fault(index);
    if (fault === 'lost') throw new DeliveryError('unreachable', 'Cut.');
    const answer = await this.#answer(path, request, searchParams);
    if (fault === 'answer lost') throw new DeliveryError('timeout', 'No answer.');
    return answer;
  }

  /** Runs that are not deleted, by an id of ours. */
  of(id: string): Run[] {
    return this.runs.filter((run) => !run.deleted && run.tags['lathe.run_id'] === id);
  }

  async #answer(path: string, request: HttpRequest, query: URLSearchParams): Promise<Response> {
    if (path === '/version') return new Response('3.18.0');
    const file = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/.exec(path)?.[1];
    if (file !== undefined) {
      if (request.method === 'PUT' && request.body instanceof Blob) this.files.set(file, await request.body.text());
      return new Response(this.files.get(file) ?? '');
    }
    const input: Input = JSON.parse(
      typeof request.body === 'object' ? JSON.stringify(request.body) : JSON.stringify(Object.fromEntries(query)),
    );
    return Response.json(this.#do(path, input));
  }

  #do(path: string, input: Input): unknown {
    switch (path) {
      case 'experiments/get-by-name': {
        const at = this.experiments.indexOf(String(input.experiment_name));
        if (at < 0) return refuse('RESOURCE_DOES_NOT_EXIST');
        return { experiment: { experiment_id: String(at), name: input.experiment_name } };
      }
      case 'experiments/create':
        if (this.experiments.includes(String(input.name))) return refuse('RESOURCE_ALREADY_EXISTS');
        return { experiment_id: String(this.experiments.push(String(input.name)) - 1) };
      case 'runs/create': {
        const run: Run = {
          id: `run${this.runs.length}`,
          experiment: String(input.experiment_id),
          name: String(input.run_name),
          status: 'RUNNING',
          start: Number(input.start_time),
          end: 0,
          deleted: false,
          metrics: [],
          params: {},
          tags: object(input.tags),
        };
        this.runs.push(run);
        return { run: shown(run) };
      }
      case 'runs/search': {
        const id = /= '(.*)'$/.exec(String(input.filter))?.[1] ?? '';
        return { runs: this.of(id).map(shown) };
      }
      case 'runs/get':
        return { run: shown(this.#run(input)) };
      case 'runs/delete':
        this.#run(input).deleted = true;
        return {};
      case 'runs/update': {
        const run = this.#run(input);
        Object.assign(run, { status: input.status, end: input.end_time, name: input.run_name ?? run.name });
        return {};
      }
      case 'runs/delete-tag':
        delete this.#run(input).tags[String(input.key)];
        return {};
      case 'runs/log-batch': {
        const run = this.#run(input);
        const count = [input.metrics, input.params, input.tags].reduce((sum, list) => sum + (list?.length ?? 0), 0);
        if (count > this.most) throw new DeliveryError('too_large', 'Too large.');
        run.metrics.push(...(input.metrics ?? []));
        for (const { key, value } of input.params ?? []) {
          if ((run.params[key] ?? value) !== value) refuse('INVALID_PARAMETER_VALUE', 'Changing param values');
          run.params[key] = value;
        }
        Object.assign(run.tags, object(input.tags));
        return {};
      }
      default:
        return this.#registry(path, input);
    }
  }

  #registry(path: string, input: Input): unknown {
    const name = String(input.name);
    const model = this.models.get(name);
    switch (path) {
      case 'registered-models/create':
        if (model) return refuse('RESOURCE_ALREADY_EXISTS');
        this.models.set(name, { aliases: {}, versions: [] });
        return {};
      case 'registered-models/get':
        if (!model) return refuse('RESOURCE_DOES_NOT_EXIST');
        return {
          registered_model: {
            name,
            aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version })),
            latest_versions: model.versions.slice(-1).map(version),
          },
        };
      case 'registered-models/alias':
        if (model) model.aliases[String(input.alias)] = String(input.version);
        return {};
      case 'model-versions/search': {
        const [, key, value] = /^(\w+) = ['"](.*)['"]$/.exec(String(input.filter)) ?? [];
        const all = [...this.models.values()].flatMap(({ versions }) => versions);
        return { model_versions: all.filter((one) => Reflect.get(one, key) === value).map(version) };
      }
      case 'model-versions/create': {
        if (!model) return refuse('RESOURCE_DOES_NOT_EXIST');
        const made: Version = {
          name,
          version: String(model.versions.length + 1),
          run_id: String(input.run_id),
          source: String(input.source),
          description: String(input.description),
          tags: object(input.tags),
        };
        model.versions.push(made);
        return { model_version: version(made) };
      }
      case 'model-versions/get': {
        const found = model?.versions[Number(input.version) - 1];
        return found ? { model_version: version(found) } : refuse('RESOURCE_DOES_NOT_EXIST');
      }
      case 'model-versions/set-tag': {
        const found = model?.versions[Number(input.version) - 1];
        if (found) found.tags[String(input.key)] = String(input.value);
        return {};
      }
      default:
        return refuse('ENDPOINT_NOT_FOUND', path);
    }
  }

  #run(input: Input): Run {
    return this.runs.find(({ id }) => id === input.run_id) ?? refuse('RESOURCE_DOES_NOT_EXIST');
  }
}

function refuse(code: string, message = 'No.'): never {
  const body = JSON.stringify({ error_code: code, message });
  throw new DeliveryError('refused', 'The server refused.', { status: 400, body });
}

const object = (list: Pair[] = []): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]));
const list = (pairs: Record<string, string>): Pair[] => Object.entries(pairs).map(([key, value]) => ({ key, value }));

const version = (row: Version) => ({ ...row, tags: list(row.tags) });

/** A run as `runs/get` shows it: of each metric the last value, by step, then time. */
function shown(run: Run): unknown {
  const last = new Map<string, Metric>();
  for (const metric of run.metrics) {
    const known = last.get(metric.key);
    const later = known && (metric.step - known.step || metric.timestamp - known.timestamp) >= 0;
    if (!known || later) last.set(metric.key, metric);
  }
  return {
    info: {
      run_id: run.id,
      experiment_id: run.experiment,
      run_name: run.name,
      status: run.status,
      start_time: run.start,
      end_time: run.end,
      artifact_uri: `mlflow-artifacts:/${run.experiment}/${run.id}/artifacts`,
      lifecycle_stage: run.deleted ? 'deleted' : 'active',
    },
    data: { metrics: [...last.values()], params: list(run.params), tags: list(run.tags) },
  };
}
