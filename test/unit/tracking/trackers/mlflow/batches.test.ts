import { describe, expect, it } from 'vitest';
import { batchesOf, halvesOf } from '../../../../../src/tracking/trackers/mlflow/batches';

const pairs = (count: number, value: string) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value }));
const points = (count: number) =>
  Array.from({ length: count }, (_, step) => ({ key: 'loss', value: 1, timestamp: 1, step }));

describe('requests to MLflow', () => {
  it('are none where there is nothing', () => {
    expect(batchesOf({})).toEqual([]);
    expect(batchesOf({ metrics: [], params: [] })).toEqual([]);
  });

  it('stay within 1000 metrics, 100 params, 100 tags and 1000 in all', () => {
    const input = { metrics: points(2500), params: pairs(300, 'v'), tags: pairs(150, 'v') };
    const batches = batchesOf(input);
    for (const { metrics, params, tags } of batches) {
      expect(metrics.length).toBeLessThanOrEqual(1000);
      expect(params.length).toBeLessThanOrEqual(100);
      expect(tags.length).toBeLessThanOrEqual(100);
      expect(metrics.length + params.length + tags.length).toBeLessThanOrEqual(1000);
    }
    expect(batches.flatMap(({ metrics }) => metrics)).toEqual(input.metrics);
    expect(batches.flatMap(({ params }) => params)).toEqual(input.params);
    expect(batches.flatMap(({ tags }) => tags)).toEqual(input.tags);
    expect(batchesOf({ metrics: points(1000) })).toHaveLength(1);
  });

  it('stay under 1 MB of UTF-8', () => {
    const batches = batchesOf({ params: pairs(200, '損'.repeat(6000)) });
    for (const one of batches) expect(new TextEncoder().encode(JSON.stringify(one)).length).toBeLessThan(1e6);
    expect(batches.flatMap(({ params }) => params)).toHaveLength(200);
  });

  it('can be halved until each holds one thing, and none is lost', () => {
    const [whole] = batchesOf({ metrics: points(5), params: pairs(1, 'v'), tags: pairs(2, 'v') });
    const ones: (typeof whole)[] = [];
    for (let queue = [whole]; queue.length > 0;) {
      const [next, ...rest] = queue;
      const halves = halvesOf(next);
      if (halves.length === 0) ones.push(next);
      queue = [...halves, ...rest];
    }
    expect(ones).toHaveLength(8);
    expect(ones.flatMap(({ metrics }) => metrics)).toEqual(whole.metrics);
    expect(ones.flatMap(({ params }) => params)).toEqual(whole.params);
    expect(ones.flatMap(({ tags }) => tags)).toEqual(whole.tags);
  });
});
