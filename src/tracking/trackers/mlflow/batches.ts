/** Lists within the limits of `runs/log-batch`: https://mlflow.org/docs/latest/rest-api.html#log-batch */

/** What is logged at once: at most 1,000 metrics, 100 params, 100 tags, 1 MB. */
export interface LogBatch {
  metrics: { key: string; value: number | string; timestamp: number; step: number }[];
  params: { key: string; value: string }[];
  tags: { key: string; value: string }[];
}

const COUNTS = { metrics: 1000, params: 100, tags: 100 } as const;

/** Bytes of JSON in a request; the rest of 1 MB is for what surrounds it. */
const BYTES = 950_000;

const encoder = new TextEncoder();

/** Splits into requests, in order; nothing to send is no request. */
export function batchesOf({ metrics = [], params = [], tags = [] }: Partial<LogBatch>): LogBatch[] {
  const batches: LogBatch[] = [];
  let current: LogBatch | null = null;
  let bytes = 0;
  const add = <K extends keyof LogBatch>(kind: K, items: readonly LogBatch[K][number][], total: number): void => {
    for (const item of items) {
      const size = encoder.encode(JSON.stringify(item)).length + 1;
      const all = current === null ? 0 : current.metrics.length + current.params.length + current.tags.length;
      if (current === null || current[kind].length === COUNTS[kind] || all === total || bytes + size > BYTES) {
        current = { metrics: [], params: [], tags: [] };
        batches.push(current);
        bytes = 0;
      }
      // Every kind's list holds its own kind of item.
      const list: LogBatch[K][number][] = current[kind];
      list.push(item);
      bytes += size;
    }
  };
  add('tags', tags, 1000);
  add('params', params, 1000);
  add('metrics', metrics, 1000);
  return batches;
}

/** A request as two; empty where it holds but one thing. */
export function halvesOf({ metrics, params, tags }: LogBatch): LogBatch[] {
  let left = Math.floor((metrics.length + params.length + tags.length) / 2);
  if (left === 0) return [];
  const cut = <Item>(items: readonly Item[]): [Item[], Item[]] => {
    const first = items.slice(0, left);
    left -= first.length;
    return [first, items.slice(first.length)];
  };
  const [tag, param, metric] = [cut(tags), cut(params), cut(metrics)];
  return [0, 1].map((side) => ({ tags: tag[side], params: param[side], metrics: metric[side] }));
}
