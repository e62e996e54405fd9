import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSink, type Sink } from '../../../../bench/tracking/sink';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(() => sink.close());

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${sink.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

it('takes what trackers send, and counts it by service', async () => {
  const run = await (await post('/api/2.0/mlflow/runs/create', { run_name: 'a' })).json();
  expect(run).toMatchObject({ run: { info: { status: 'RUNNING', lifecycle_stage: 'active' } } });
  expect(await (await post('/api/2.0/mlflow/runs/log-batch', { metrics: [] })).json()).toEqual({});
  const bucket = await post('/graphql', { operationName: 'UpsertBucket', variables: { name: 'run-1' } });
  expect(await bucket.json()).toMatchObject({ data: { upsertBucket: { bucket: { name: 'run-1' } } } });
  await post('/files/bench/bench/run-1/file_stream', { files: {} });
  await fetch(`${sink.url}/metrics/job/bench/run/1`, { method: 'PUT', body: 'loss 1\n' });
  const counts = sink.counts();
  expect(counts).toMatchObject({ mlflow: { requests: 2 }, wandb: { requests: 2 }, prometheus: { requests: 1 } });
  expect(counts.prometheus.bytes).toBe(7);
});

it('lets pages of any origin ask, with a credential', async () => {
  const asked = await fetch(`${sink.url}/graphql`, {
    method: 'OPTIONS',
    headers: { Origin: 'http://localhost:4173', 'Access-Control-Request-Headers': 'authorization,content-type' },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-origin')).toBe('*');
  expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
  expect(sink.counts()).toEqual({});
});
