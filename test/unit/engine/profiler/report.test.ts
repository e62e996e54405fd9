import { describe, expect, it } from 'vitest';
import {
  boundOf,
  makeReport,
  rankLayers,
  rankOperations,
  sharesOf,
  type Measurements,
} from '../../../../src/engine/profiler/report';
import { placeOf } from '../../../../src/engine/profiler/timed-dispatch';
import { CEILINGS, dispatch } from './records';

describe('operations', () => {
  const steps = [
    [
      dispatch('matmul', 'dense_1', 1, { flops: 100 }),
      dispatch('matmul', 'dense_2', 2, { flops: 200 }),
      dispatch('matmul', 'dense_1', 3, { part: 'backward' }),
      dispatch('add', 'dense_1', 1, { bytes: 8 }),
    ],
    [
      dispatch('matmul', 'dense_1', 3, { flops: 100 }),
      dispatch('matmul', 'dense_2', 2, { flops: 200 }),
      dispatch('matmul', 'dense_1', 5, { part: 'backward' }),
      dispatch('add', 'dense_1', 3, { bytes: 8 }),
    ],
  ];

  it('are ranked by their time in a step, by kernel or by place', () => {
    const kernels = rankOperations(steps.flat(), 2, null, 'kernel');
    expect(kernels).toMatchObject([
      { kernel: 'matmul', layer: null, part: null, calls: 3, ms: 8, share: 0.8, flops: 300 },
      { kernel: 'add', calls: 1, ms: 2, share: 0.2, bytes: 8 },
    ]);
    const places = rankOperations(steps.flat(), 2, null, 'place');
    expect(places.map(({ kernel, layer, part, ms }) => [kernel, layer, part, ms])).toEqual([
      ['matmul', 'dense_1', 'backward', 4],
      ['matmul', 'dense_1', 'forward', 2],
      ['matmul', 'dense_2', 'forward', 2],
      ['add', 'dense_1', 'forward', 2],
    ]);
  });

  it('add up to layers, forward and backward apart', () => {
    expect(rankLayers(steps.flat(), 2)).toEqual([
      { layer: 'dense_1', forward_ms: 4, backward_ms: 4, update_ms: 0, share: 0.8 },
      { layer: 'dense_2', forward_ms: 2, backward_ms: 0, update_ms: 0, share: 0.2 },
    ]);
  });

  it('are bound by what the adapter needs longest for', () => {
    expect(boundOf({ calls: 1, flops: 1e9, bytes: 1e6 }, CEILINGS)).toBe('arithmetic');
    expect(boundOf({ calls: 1, flops: 1e6, bytes: 1e6 }, CEILINGS)).toBe('memory');
    expect(boundOf({ calls: 1, flops: 1e4, bytes: 1e3 }, CEILINGS)).toBe('dispatch');
    // Launched often enough, even large kernels are.
    expect(boundOf({ calls: 1000, flops: 1e6, bytes: 1e6 }, CEILINGS)).toBe('dispatch');
  });

  it('of no time at all have no share', () => {
    expect(rankOperations([dispatch('add', 'a', 0)], 1, CEILINGS, 'kernel')[0].share).toBe(0);
    expect(rankLayers([dispatch('add', 'a', 0)], 1)[0].share).toBe(0);
  });
});

describe('shares of a step', () => {
  const operations = [
    { bound: 'arithmetic', ms: 30 },
    { bound: 'memory', ms: 20 },
    { bound: 'dispatch', ms: 10 },
  ] as const;
  const shares = (wall_ms: number, input_ms: number, device_ms: number | null = 60) =>
    sharesOf({ wall_ms, input_ms, device_ms }, [...operations]);

  it('give idle time to the input that is waited for, and the rest of it to dispatch', () => {
    expect(shares(100, 15)).toEqual({ input: 0.15, dispatch: 0.35, memory: 0.2, arithmetic: 0.3 });
  });

  it('do not blame input that is prepared while the device computes', () => {
    expect(shares(60, 50).input).toBe(0);
    expect(shares(70, 50).input).toBeCloseTo(10 / 70, 12);
  });

  it('fill the step where the timed kernels took longer than it', () => {
    expect(shares(30, 5)).toEqual({ input: 0, dispatch: 1 / 6, memory: 1 / 3, arithmetic: 1 / 2 });
  });

  it('know input from computing where kernels cannot be timed', () => {
    expect(shares(100, 40, null)).toEqual({ input: 0.4, dispatch: 0, memory: 0, arithmetic: 0.6 });
  });
});

describe('the report', () => {
  const measured: Measurements = {
    adapter: 'some adapter',
    method: 'timestamps',
    first_step: 4,
    steps: 2,
    plain: [
      { wall_ms: 900, input_ms: 1, queue_ms: 2 },
      { wall_ms: 10, input_ms: 1, queue_ms: 2 },
      { wall_ms: 12, input_ms: 3, queue_ms: 1 },
    ],
    timed: [
      [
        dispatch('matmul', 'dense_1', 6, { flops: 3e7, bytes: 1e6, start_ns: 5e6 }),
        dispatch('add', 'dense_1', 1, { bytes: 1e6, start_ns: 12e6 }),
      ],
      [
        dispatch('matmul', 'dense_1', 8, { flops: 3e7, bytes: 1e6, start_ns: 50e6 }),
        dispatch('add', 'dense_1', 1.0000001, { bytes: 1e6, start_ns: 60e6 }),
      ],
    ],
    ceilings: CEILINGS,
  };

  it('takes the median of ordinary steps and the mean of timed ones', () => {
    const { step, bottleneck, timeline } = makeReport(measured);
    expect(step).toMatchObject({ wall_ms: 12, input_ms: 1, queue_ms: 2, dispatches: 2, flops: 3e7, bytes: 2e6 });
    expect(step.device_ms).toBeCloseTo(8, 6);
    expect(bottleneck).toBe('arithmetic');
    expect(timeline.map(({ kernel, start_ms }) => [kernel, start_ms])).toEqual([
      ['matmul', 0],
      ['add', 10],
    ]);
  });

  it('names the bottleneck with its figures', () => {
    expect(makeReport(measured).sentence).toBe(
      'Arithmetic is the bottleneck: 58 % of a step of 12 ms is spent in kernels that compute more than they move; the slowest, matmul, reaches 4.3 of the 10 GFLOP/s that this adapter was measured at. A smaller model, or a faster device, would help.',
    );
    const memory = makeReport({ ...measured, ceilings: { ...CEILINGS, bytes_per_second: 1e8 } });
    expect(memory.sentence).toMatch(/^Memory is the bottleneck: 67 % .* matmul, reaches 0.14 of the 0.1 GB\/s/);
    const far = makeReport({ ...measured, ceilings: { ...CEILINGS, flops_per_second: 2.9e10 } });
    expect(far.sentence).toMatch(/4.3 of the 29 GFLOP\/s .* far below what it can do/);
    const input = makeReport({ ...measured, plain: [{ wall_ms: 100, input_ms: 80, queue_ms: 1 }] });
    expect(input.sentence).toMatch(/^Input is the bottleneck: for 80 % of a step of 100 ms/);
    const dispatching = makeReport({ ...measured, plain: [{ wall_ms: 100, input_ms: 1, queue_ms: 80 }] });
    expect(dispatching.sentence).toMatch(/^Dispatch is the bottleneck: 91 % .* launching 2 kernels/);
  });

  it('says how times were taken, and how exact they are', () => {
    expect(makeReport(measured).method_note).not.toContain('rounds');
    const rounded = measured.timed.map((step) => step.map((one) => ({ ...one, ns: Math.round(one.ns / 1e5) * 1e5 })));
    expect(makeReport({ ...measured, timed: rounded }).method_note).toContain('rounds to 100 µs');
    expect(makeReport({ ...measured, method: 'wall' }).method_note).toContain('no usable timestamps');
  });

  it('says what it can of steps whose kernels cannot be timed', () => {
    const report = makeReport({ ...measured, method: 'none', steps: 0, timed: [], ceilings: null });
    expect(report.step).toMatchObject({ device_ms: null, dispatches: 0, flops: 0 });
    expect(report.timeline).toEqual([]);
    expect(report.sentence).toMatch(/^The device is the bottleneck: 92 % /);
  });
});

describe('the place of a dispatch', () => {
  it.each([
    ['dense_1', 'dense_1', 'forward'],
    ['dense_1 backward', 'dense_1', 'backward'],
    ['block_3 backward block_3 backward backward', 'block_3', 'backward'],
    ['update', 'update', 'update'],
    ['', 'between layers', 'backward'],
  ])('“%s” is %s, %s', (scope, layer, part) => {
    expect(placeOf(scope)).toEqual({ layer, part });
  });
});
