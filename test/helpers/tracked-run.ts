/** A run as trackers see it, and batches of it. */
import type { MetricSeries } from '../../src/store/metrics';
import { DeliveryError, type Http } from '../../src/tracking/http/http';
import type { Batch, TrackedRun } from '../../src/tracking/tracker';

/** A run that trains. */
export const trackedRun = (change: Partial<TrackedRun> = {}): TrackedRun => ({
  noun: 'run',
  id: 'a1b2c3d4',
  name: 'digits',
  started: 1_700_000_000_000,
  ended: null,
  status: 'running',
  reason: null,
  config: null,
  params: {},
  tags: [],
  notes: '',
  author: null,
  facts: { dataset: 'mnist', adapter: 'NVIDIA H100' },
  group: null,
  summary: {},
  ...change,
});

/** Points of one curve, at steps 1, 2, … unless `first` says otherwise. */
export const series = (metric: string, values: number[], first = 1): MetricSeries => ({
  metric,
  steps: Float64Array.from(values, (_, index) => first + index),
  values: Float64Array.from(values),
  times: Float64Array.from(values, (_, index) => 1_700_000_000_000 + index),
});

/** A batch of points only. */
export const pointsBatch = (number: number, ...points: MetricSeries[]): Batch => ({
  number,
  points,
  media: [],
  lines: [],
});

/** Requests without a browser around them: whatever is no answer of 200–299 throws. */
export const plainHttp: Http = {
  credential: () => null,
  async request({ method, url, headers, body }) {
    const text = typeof body === 'object' && !(body instanceof Uint8Array) && !(body instanceof Blob);
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { ...(text && { 'Content-Type': 'application/json' }), ...headers },
        body: text ? JSON.stringify(body) : body instanceof Uint8Array ? Buffer.from(body) : body,
      });
    } catch (cause) {
      throw new DeliveryError('unreachable', 'Nothing answers.', { cause });
    }
    if (response.ok) return response;
    const { status } = response;
    const code =
      status === 429
        ? 'too_many'
        : status === 413
          ? 'too_large'
          : status === 404
            ? 'not_found'
            : status >= 500
              ? 'server'
              : 'refused';
    const wait = response.headers.get('Retry-After');
    throw new DeliveryError(code, `Answered with ${status}.`, {
      status,
      body: await response.text(),
      retryAfter: wait === null ? null : Number(wait) * 1000,
    });
  },
};
