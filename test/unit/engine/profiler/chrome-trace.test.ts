import { expect, it } from 'vitest';
import { chromeTrace } from '../../../../src/engine/profiler/chrome-trace';
import { dispatch } from './records';

const spans = [
  { name: 'input', step: 4, start_ms: 1000, ms: 0.5 },
  { name: 'checkpoint', step: null, start_ms: 1000.5, ms: 2 },
];
const steps = [
  {
    step: 5,
    submitted_ms: 1004,
    dispatches: [
      dispatch('matmul', 'dense_1', 2, { flops: 4e6, bytes: 1e6, start_ns: 7e9, workgroups: [3, 2, 1] }),
      dispatch('add', 'dense_1', 0, { part: 'backward', start_ns: 7e9 + 2.5e6 }),
    ],
  },
];

it('puts trainer and device on tracks of their own, in microseconds from the first event', () => {
  const trace = chromeTrace(spans, steps, { adapter: 'some adapter' });
  expect(trace.otherData).toEqual({ adapter: 'some adapter' });
  const [process, trainer, device, ...events] = trace.traceEvents;
  expect([process, trainer, device].map(({ ph, name, args }) => [ph, name, args.name])).toEqual([
    ['M', 'process_name', 'Lathe'],
    ['M', 'thread_name', 'Trainer'],
    ['M', 'thread_name', 'Device'],
  ]);
  expect(events).toEqual([
    { name: 'input', cat: 'trainer', ph: 'X', ts: 0, dur: 500, pid: 1, tid: trainer.tid, args: { step: 4 } },
    { name: 'checkpoint', cat: 'trainer', ph: 'X', ts: 500, dur: 2000, pid: 1, tid: trainer.tid, args: {} },
    {
      name: 'matmul',
      cat: 'forward',
      ph: 'X',
      ts: 4000,
      dur: 2000,
      pid: 1,
      tid: device.tid,
      args: { layer: 'dense_1', step: 5, flops: 4e6, bytes: 1e6, workgroups: '3 × 2 × 1', 'GFLOP/s': 2, 'GB/s': 0.5 },
    },
    {
      name: 'add',
      cat: 'backward',
      ph: 'X',
      ts: 6500,
      dur: 0,
      pid: 1,
      tid: device.tid,
      args: { layer: 'dense_1', step: 5, flops: 0, bytes: 0, workgroups: '1 × 1 × 1' },
    },
  ]);
});

it('is valid JSON even of nothing', () => {
  const text = JSON.stringify(chromeTrace([], [], {}));
  expect(text).not.toContain('null');
  expect(JSON.parse(text)).toMatchObject({ displayTimeUnit: 'ms' });
});
