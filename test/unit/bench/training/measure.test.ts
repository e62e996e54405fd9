import { describe, expect, it } from 'vitest';
import { lossDifference, measure, type Runner } from '../../../../bench/training/measure';
import type { Reply, Request } from '../../../../bench/training/protocol';

describe('measure', () => {
  const run = async (fails: (engine: string, request: Request) => boolean = () => false) => {
    const asked: string[] = [];
    const start = async (engine: string): Promise<Runner> => ({
      async ask(request): Promise<Reply> {
        asked.push(request.type === 'step' ? `${engine} ${request.index}` : `${engine} ${request.type}`);
        if (fails(engine, request)) return { type: 'failed', message: 'It broke.' };
        if (request.type === 'prepare') return { type: 'ready', adapter: 'none' };
        const ms = engine === 'a' ? 10 + request.index : 20;
        return { type: 'stepped', report: { loss: 5 - request.index, ms, js_ms: 1, dispatches: 7, peak_bytes: 64 } };
      },
      stop: async () => void asked.push(`${engine} stop`),
    });
    return { figures: await measure('w', ['a', 'b'], 3, start), asked };
  };

  it('lets engines take turns, leaves the first two steps untimed and compares five', async () => {
    const { figures, asked } = await run();
    expect(asked.slice(0, 6)).toEqual(['a prepare', 'b prepare', 'a 0', 'b 0', 'a 1', 'b 1']);
    expect(asked.slice(-2)).toEqual(['a stop', 'b stop']);
    expect(figures[0]).toEqual({
      workload: 'w',
      engine: 'a',
      ms: { median: 13, q25: 12.5, q75: 13.5 },
      js_ms: 1,
      dispatches: 7,
      peak_bytes: 64,
      losses: [5, 4, 3, 2, 1],
    });
  });

  it('goes on with the others when one fails, and says why', async () => {
    const { figures } = await run(
      (engine, request) => engine === 'a' && request.type === 'step' && request.index === 1,
    );
    expect(figures[0]).toMatchObject({ engine: 'a', error: 'It broke.', losses: [5] });
    expect(figures[1]).toMatchObject({ engine: 'b', losses: [5, 4, 3, 2, 1] });
    expect(figures[1]).not.toHaveProperty('error');
  });
});

it('the difference of losses is relative, of those that both have', () => {
  expect(lossDifference([1, 2.02, 9], [1, 2])).toBeCloseTo(0.01);
});
