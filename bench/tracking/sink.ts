/**
 * A server that takes everything and keeps nothing: it answers MLflow's, W&B's and a Pushgateway's requests well enough for
 * trackers to go on, and counts them. What a tracker costs beside training is then the tracker's own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What arrived. */
export interface SinkCount {
  requests: number;
  bytes: number;
}

/** The server, on a free port of this machine. */
export interface Sink {
  /** `http://127.0.0.1:5000` */
  url: string;
  /** By service: `mlflow`, `wandb`, `prometheus`. */
  counts(): Record<string, SinkCount>;
  close(): Promise<void>;
}

type Answer = object | string;

/** Starts it. */
export async function startSink(): Promise<Sink> {
  const counts: Record<string, SinkCount> = {};
  const server = createServer((request, response) => {
    allowPages(request, response);
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    const { pathname } = new URL(request.url ?? '/', 'http://sink');
    const service = serviceOf(pathname);
    const count = (counts[service] ??= { requests: 0, bytes: 0 });
    count.requests++;
    // Only these are answered by what they ask for; the rest is let through unread, so that it costs as little as can be.
    const read = pathname.endsWith('/graphql') || pathname.endsWith('/runs/create');
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => {
      count.bytes += piece.length;
      if (read) pieces.push(piece);
    });
    request.on('end', () => {
      const answer = answerOf(pathname, Buffer.concat(pieces).toString(), `http://${request.headers.host}`);
      const isText = typeof answer === 'string';
      response.setHeader('Content-Type', isText ? 'text/plain' : 'application/json');
      response.end(isText ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sink has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts: () => structuredClone(counts),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Pages of any origin may ask, and need not ask whether they may for two hours. */
function allowPages({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, HEAD');
  response.setHeader('Access-Control-Allow-Headers', headers['access-control-request-headers'] ?? '*');
  response.setHeader('Access-Control-Max-Age', '7200');
}

function serviceOf(pathname: string): string {
  if (pathname.startsWith('/api/') || pathname === '/version') return 'mlflow';
  return pathname.startsWith('/metrics') ? 'prometheus' : 'wandb';
}

function answerOf(pathname: string, body: string, base: string): Answer {
  const mlflow = /^\/api\/2\.0\/mlflow\/(.*)$/.exec(pathname);
  if (mlflow) return mlflowAnswer(mlflow[1]);
  if (pathname === '/version') return '3.18.0';
  if (pathname === '/graphql') return { data: graphAnswer(body, base) };
  if (pathname.startsWith('/metrics')) return '';
  return {};
}

const RUN_ID = '0'.repeat(32);

/** https://mlflow.org/docs/latest/rest-api.html */
function mlflowAnswer(method: string): Answer {
  const run = {
    info: {
      run_id: RUN_ID,
      experiment_id: '1',
      run_name: 'bench',
      status: 'RUNNING',
      start_time: 0,
      artifact_uri: `mlflow-artifacts:/1/${RUN_ID}/artifacts`,
      lifecycle_stage: 'active',
    },
    data: {},
  };
  switch (method) {
    case 'experiments/get-by-name':
      return { experiment: { experiment_id: '1', name: 'bench', lifecycle_stage: 'active' } };
    case 'experiments/create':
      return { experiment_id: '1' };
    case 'runs/create':
    case 'runs/get':
      return { run };
    default:
      return {};
  }
}

/** The operations of wandb's GraphQL that begin and end a run. */
function graphAnswer(body: string, base: string): object {
  const asked: unknown = JSON.parse(body);
  const { operationName, variables } = record(asked);
  const given = record(variables);
  const name = typeof given.name === 'string' ? given.name : 'bench';
  const bucket = { id: 'bucket', name, project: { name: 'bench', entity: { name: 'bench' } }, historyLineCount: 0 };
  switch (operationName) {
    case 'Viewer':
      return { viewer: { id: 'viewer', entity: 'bench', username: 'bench' } };
    case 'UpsertBucket':
      return { upsertBucket: { bucket, inserted: true } };
    case 'RunResumeStatus':
      return { model: { bucket: { id: 'bucket', name, historyLineCount: 0, eventsLineCount: 0, logLineCount: 0 } } };
    case 'CreateRunFiles': {
      const files = Array.isArray(given.files) ? given.files.map(String) : [];
      return {
        createRunFiles: {
          runID: 'bucket',
          uploadHeaders: [],
          files: files.map((file) => ({ name: file, uploadUrl: `${base}/storage/${encodeURIComponent(file)}` })),
        },
      };
    }
    case 'CreateArtifact':
      // As if it had the very files already: they are the model's, and no part of logging.
      return { createArtifact: { artifact: { id: 'artifact', state: 'COMMITTED', fileCount: 0 } } };
    default:
      return {};
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
