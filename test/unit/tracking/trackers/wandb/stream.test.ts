import { describe, expect, it } from 'vitest';
import { countsIn, pieces } from '../../../../../src/tracking/trackers/wandb/stream';

const none = { history: 0, events: 0, log: 0 };
const lines = {
  history: Array.from({ length: 10 }, (_, i) => `{"loss":${i}}`),
  events: ['{"a":1}', '{"a":2}'],
  log: ['one'],
};

describe('requests of a batch', () => {
  it('are one where it fits, with the numbers of the first lines', () => {
    const from = { history: 100, events: 7, log: 3 };
    const [{ request, after }, ...more] = pieces(lines, from, none, { loss: '9' });
    expect(more).toEqual([]);
    expect(request.files).toEqual({
      'wandb-events.jsonl': { offset: 7, content: lines.events },
      'output.log': { offset: 3, content: lines.log },
      'wandb-history.jsonl': { offset: 100, content: lines.history },
      'wandb-summary.json': { offset: 0, content: ['{"loss":9,"lathe/lines":"110 9 4"}'] },
    });
    // What counts the lines comes after them.
    expect(Object.keys(request.files ?? {}).at(-1)).toBe('wandb-summary.json');
    expect(after).toEqual({ history: 110, events: 9, log: 4 });
  });

  it('are several where it is large, each line in one of them', () => {
    const cut = pieces(lines, none, none, {}, 30);
    expect(cut.length).toBeGreaterThan(3);
    for (const [name, all] of [
      ['wandb-history.jsonl', lines.history],
      ['wandb-events.jsonl', lines.events],
      ['output.log', lines.log],
    ] as const) {
      const parts = cut.flatMap(({ request }) => request.files?.[name] ?? []);
      expect(parts.flatMap(({ content }) => content)).toEqual(all);
      let next = 0;
      for (const { offset, content } of parts) {
        expect(offset).toBe(next);
        next += content.length;
      }
    }
    expect(cut.at(-1)?.after).toEqual({ history: 10, events: 2, log: 1 });
  });

  it('leave out what is there', () => {
    const [{ request }] = pieces(lines, none, { history: 8, events: 2, log: 1 }, {});
    expect(Object.keys(request.files ?? {})).toEqual(['wandb-history.jsonl', 'wandb-summary.json']);
    expect(request.files?.['wandb-history.jsonl']).toEqual({ offset: 8, content: lines.history.slice(8) });
    expect(pieces(lines, none, { history: 10, events: 2, log: 1 }, {})).toEqual([]);
  });
});

it('a summary tells how many lines there are, also where it is no JSON', () => {
  expect(countsIn('{"loss": NaN, "lathe/lines": "12 3 4"}')).toEqual({ history: 12, events: 3, log: 4 });
  expect(countsIn('{"loss": 1}')).toBeNull();
  expect(countsIn(null)).toBeNull();
});
