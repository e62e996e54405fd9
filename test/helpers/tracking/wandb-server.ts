/**
 * A server that speaks as much of W&B’s protocol as a run needs, in memory. Unlike openwandb it can number lines, keep the
 * files of artifacts and have sweeps.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it is asked to be like. */
export interface WandbServerOptions {
  /** Whether lines are known by their numbers; else they are appended, whatever their offset. */
  numbered: boolean;
  sweeps: boolean;
}

/** A run as it has it. */
export interface KeptRun {
  bucket: Record<string, unknown>;
  lines: Record<string, string[]>;
  files: Map<string, Buffer>;
  uploaded: string[];
  complete: boolean;
  exitcode: number | null;
}

/** A version of an artifact. */
export interface KeptArtifact {
  id: string;
  input: Record<string, unknown>;
  state: 'PENDING' | 'COMMITTED';
  files: Map<string, Buffer>;
  manifest: string | null;
}

/** A sweep. */
export interface KeptSweep {
  id: string;
  name: string;
  config: string;
  state: string;
}

/** A key that it takes. */
export const WANDB_KEY = 'abcdef0123456789abcdef0123456789abcdef01';

const EMPTY = ['wandb-history.jsonl', 'wandb-events.jsonl', 'output.log', 'wandb-summary.json'];

type Variables = Record<string, unknown>;

/** See above. */
export class WandbServer {
  readonly url: string;
  readonly runs = new Map<string, KeptRun>();
  readonly artifacts: KeptArtifact[] = [];
  readonly sweeps: KeptSweep[] = [];
  /** Names of operations and paths, as they came. */
  readonly requests: string[] = [];
  /** Whether Stop was pressed. */
  stopped = false;
  readonly #options: WandbServerOptions;
  readonly #server: Server;

  private constructor(server: Server, options: WandbServerOptions) {
    this.#server = server;
    this.#options = options;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: Partial<WandbServerOptions> = {}): Promise<WandbServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = new WandbServer(server, { numbered: true, sweeps: true, ...options });
    server.on('request', (request, response) => {
      void own.#answer(request).then(
        ({ status = 200, body }) => {
          response.writeHead(status, { 'Content-Type': 'application/json' });
          response.end(JSON.stringify(body));
        },
        (error: unknown) => {
          response.writeHead(500);
          response.end(String(error));
        },
      );
    });
    return own;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Lines of a stream of a run, each as the object that it is. */
  rows(run: string, file = 'wandb-history.jsonl'): Record<string, unknown>[] {
    return this.run(run).lines[file].map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  run(id: string): KeptRun {
    const run = this.runs.get(id);
    if (!run) throw new Error(`There is no run ${id}.`);
    return run;
  }

  async #answer(request: IncomingMessage): Promise<{ status?: number; body: unknown }> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const path = decodeURIComponent((request.url ?? '').split('?')[0]);
    const authorized = request.headers.authorization === `Basic ${btoa(`api:${WANDB_KEY}`)}`;
    if (request.method === 'PUT') {
      this.requests.push(`PUT ${path}`);
      // The address itself permits it: as with presigned ones, a key beside it is refused.
      if (request.headers.authorization !== undefined) return { status: 400, body: 'Only one way to sign in.' };
      this.#put(path.split('/').slice(2), body);
      return { body: {} };
    }
    if (!authorized) return { status: 401, body: { error: 'invalid api key' } };
    if (path.endsWith('/file_stream')) {
      this.requests.push('file_stream');
      return { body: this.#stream(path.split('/')[4], JSON.parse(body.toString()) as Variables) };
    }
    const { operationName, variables } = JSON.parse(body.toString()) as {
      operationName: string;
      variables: Variables;
    };
    this.requests.push(operationName);
    if (!this.#options.sweeps && operationName.includes('Sweep')) {
      return { status: 400, body: { errors: [{ message: 'Cannot query field "sweeps" on type "Project".' }] } };
    }
    // A run is refused by address: a path, host and all, is given to where it came from.
    const host = request.headers.host ?? '';
    return { body: { data: this.#operate(operationName, variables, `http://${host}`) } };
  }

  #stream(id: string, request: Variables): unknown {
    const run = this.runs.get(id);
    if (!run) return { error: 'no such run' };
    const files = (request.files ?? {}) as Record<string, { offset: number; content: string[] }>;
    for (const [name, { offset, content }] of Object.entries(files)) {
      const lines = run.lines[name];
      if (name === 'wandb-summary.json') run.lines[name] = content;
      else if (this.#options.numbered) content.forEach((line, i) => (lines[offset + i] = line));
      else lines.push(...content);
    }
    run.uploaded.push(...((request.uploaded ?? []) as string[]));
    if (request.complete === true) {
      run.complete = true;
      run.exitcode = Number(request.exitcode);
    }
    return { exitcode: null, limits: {}, ...(this.stopped && { stopped: true }) };
  }

  #put([kind, id, ...rest]: string[], body: Buffer): void {
    const path = rest.join('/');
    if (kind === 'run') this.run(id).files.set(path, body);
    const artifact = this.artifacts.find((one) => one.id === id);
    if (kind === 'artifact') artifact?.files.set(path, body);
    if (kind === 'manifest' && artifact) artifact.manifest = body.toString();
  }

  #operate(name: string, given: Variables, base: string): unknown {
    switch (name) {
      case 'Viewer':
        return { viewer: { id: 'u', entity: 'team', username: 'ada' } };
      case 'UpsertBucket':
        return { upsertBucket: this.#upsert(given) };
      case 'RunResumeStatus':
        return { model: { bucket: this.#resume(String(given.name)) } };
      case 'CreateRunFiles': {
        const files = given.files as string[];
        return {
          createRunFiles: {
            runID: given.run,
            uploadHeaders: ['X-Storage:yes'],
            files: files.map((file) => ({ name: file, uploadUrl: `${base}/put/run/${String(given.run)}/${file}` })),
          },
        };
      }
      case 'CreateArtifact':
        return { createArtifact: { artifact: this.#artifact(given.input as Variables) } };
      case 'CreateArtifactManifest': {
        const upload = { uploadUrl: `${base}/put/manifest/${String(given.artifactID)}/m`, uploadHeaders: [] };
        return { createArtifactManifest: { artifactManifest: { id: 'm', file: given.includeUpload ? upload : null } } };
      }
      case 'CreateArtifactFiles': {
        const { artifactFiles } = given.input as { artifactFiles: { artifactID: string; name: string }[] };
        const edges = artifactFiles.map(({ artifactID, name: file }) => ({
          node: {
            name: file,
            uploadUrl: `${base}/put/artifact/${artifactID}/${file}`,
            uploadHeaders: [],
            artifact: { id: artifactID },
          },
        }));
        return { createArtifactFiles: { files: { edges } } };
      }
      case 'CommitArtifact': {
        const artifact = this.artifacts.find(({ id }) => id === given.artifactID);
        if (artifact) artifact.state = 'COMMITTED';
        return { commitArtifact: { artifact: { id: given.artifactID, digest: '' } } };
      }
      case 'Sweeps':
        return {
          project: {
            sweeps: {
              edges: this.sweeps.map((node) => ({ node })),
              pageInfo: { endCursor: null, hasNextPage: false },
            },
          },
        };
      case 'UpsertSweep':
        return { upsertSweep: { sweep: this.#sweep(given) } };
      default:
        throw new Error(`There is no operation ${name}.`);
    }
  }

  #upsert(given: Variables): unknown {
    const id = String(given.name);
    const known = this.runs.get(id);
    const run: KeptRun = known ?? {
      bucket: {},
      lines: Object.fromEntries(EMPTY.map((file) => [file, []])),
      files: new Map(),
      uploaded: [],
      complete: false,
      exitcode: null,
    };
    run.bucket = { ...run.bucket, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) };
    run.complete = false;
    this.runs.set(id, run);
    const entity = given.entity ?? 'team';
    return {
      bucket: {
        id: `B${id}`,
        name: id,
        project: { name: given.project, entity: { name: entity } },
        ...this.#counts(run),
      },
      inserted: !known,
    };
  }

  #resume(id: string): unknown {
    const run = this.runs.get(id);
    return run ? { id: `B${id}`, name: id, ...this.#counts(run) } : null;
  }

  #counts({ lines }: KeptRun): Record<string, number | string | null> {
    const count = (file: string): number => (this.#options.numbered ? lines[file].length : 0);
    return {
      historyLineCount: count('wandb-history.jsonl'),
      eventsLineCount: count('wandb-events.jsonl'),
      logLineCount: count('output.log'),
      summaryMetrics: lines['wandb-summary.json'][0] ?? null,
    };
  }

  #artifact(input: Variables): unknown {
    const same = ({ input: other }: KeptArtifact): boolean =>
      other.digest === input.digest && other.artifactCollectionName === input.artifactCollectionName;
    let artifact = this.artifacts.find(same);
    if (!artifact) {
      artifact = { id: `A${this.artifacts.length}`, input, state: 'PENDING', files: new Map(), manifest: null };
      this.artifacts.push(artifact);
    }
    const { id, state, files } = artifact;
    return { id, state, fileCount: state === 'COMMITTED' ? files.size : 0 };
  }

  #sweep(given: Variables): unknown {
    let sweep = this.sweeps.find(({ id }) => id === given.id);
    if (!sweep) {
      const number = this.sweeps.length;
      this.sweeps.push((sweep = { id: `S${number}`, name: `sweep${number}`, config: '', state: '' }));
    }
    sweep.config = String(given.config);
    sweep.state = String(given.state);
    return { id: sweep.id, name: sweep.name };
  }
}
