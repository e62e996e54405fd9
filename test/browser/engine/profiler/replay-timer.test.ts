import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { multiplyAdd, multiplyAddReference } from '../../../../src/engine/kernels/multiply-add';
import { streamCopy } from '../../../../src/engine/kernels/stream-copy';
import { measureCeilings } from '../../../../src/engine/profiler/ceilings';
import { ReplayTimer } from '../../../../src/engine/profiler/replay-timer';
import type { BufferRange, LatheBackend } from '../../../../src/engine/webgpu-backend';

let backend: Backend;
let webgpu: LatheBackend;
let error: string | null = null;

beforeAll(async () => {
  backend = await startBackend(['webgpu']);
  if (!backend.webgpu) throw new Error('This test needs WebGPU.');
  webgpu = backend.webgpu;
  void backend.failed.then(({ message }) => (error = message));
});
afterAll(() => backend.dispose());

function filled(values: Float32Array): BufferRange {
  const range = { buffer: webgpu.buffer(values.byteLength, 'workspace'), offset: 0, size: values.byteLength };
  webgpu.upload(range, values);
  return range;
}

const numbers = async (range: BufferRange): Promise<number[]> => {
  const [bytes] = await webgpu.readRanges([range]);
  return [...new Float32Array(bytes)];
};

test.each([
  [64, 1],
  [64 * 17, 1],
  [64 * 8 * 3, 8],
])('a stream of %i numbers is copied, %i an invocation', async (length, each) => {
  const x = filled(Float32Array.from({ length }, (_, i) => i - 7.5));
  const result = filled(new Float32Array(length));
  webgpu.run(streamCopy(length, each), [x, result]);
  expect(await numbers(result)).toEqual(await numbers(x));
  expect(() => streamCopy(length + 1, each)).toThrow(RangeError);
});

test.each([true, false])('multiply-adds compute what they say (fused: %s)', async (fused) => {
  const [count, rounds] = [131, 5];
  const x = filled(Float32Array.of(0.5, 0.25));
  const result = filled(new Float32Array(count));
  webgpu.run(multiplyAdd(count, rounds, fused), [x, result]);
  // Halves and quarters of small whole numbers are exact.
  expect(await numbers(result)).toEqual([...multiplyAddReference(count, rounds, 0.5, 0.25)]);
});

test('a timed replay does what a replay does, in the same order, and says what took how long', async () => {
  const [a, b] = [filled(new Float32Array(64).fill(0.5)), filled(new Float32Array(64))];
  const { capture } = webgpu.record(() => {
    webgpu.named('dense_1', () => webgpu.run(multiplyAdd(64, 200, false), [a, b]));
    // Reads what the first one wrote: in another order the result is another.
    webgpu.cut();
    webgpu.named('dense_1', () => webgpu.named('dense_1 backward', () => webgpu.run(streamCopy(64, 1), [b, a])));
  });
  // The copy overwrites what the first dispatch reads: each replay goes on from the last one's result.
  const start = await numbers(a);
  webgpu.replay(capture);
  const plain = await numbers(a);
  webgpu.upload(a, Float32Array.from(start));
  const timer = new ReplayTimer(webgpu);
  const times = await timer.replay(capture);
  expect(await numbers(a)).toEqual(plain);
  expect(times.map(({ kernel, layer, part }) => [kernel, layer, part])).toEqual([
    ['multiply add', 'dense_1', 'forward'],
    ['stream copy', 'dense_1', 'backward'],
  ]);
  expect(times.every(({ ns, start_ns }) => ns >= 0 && Number.isFinite(start_ns))).toBe(true);
  expect(times[1].start_ns).toBeGreaterThanOrEqual(times[0].start_ns);

  // The same on a device whose timestamps are not to be trusted.
  const idle = capture.segments[1][0];
  await timer.useWall(idle);
  webgpu.upload(a, Float32Array.from(start));
  expect(timer.method).toBe('wall');
  const byWall = await timer.replay(capture);
  expect(await numbers(a)).toEqual(plain);
  expect(byWall.map(({ kernel }) => kernel)).toEqual(['multiply add', 'stream copy']);
  expect(byWall[1].start_ns).toBeGreaterThan(byWall[0].start_ns);
  expect((await timer.replay(capture, 1)).map(({ kernel }) => kernel)).toEqual(['stream copy']);
  timer.dispose();
  capture.dispose();
});

test('more passes than a query set holds are timed too', async () => {
  const [a, b] = [filled(new Float32Array(64)), filled(new Float32Array(64))];
  const { capture } = webgpu.record(() => webgpu.run(streamCopy(64, 1), [a, b]));
  const [dispatch] = capture.segments[0];
  const timer = new ReplayTimer(webgpu);
  const before = webgpu.dispatchCount;
  expect(await timer.passes(Array.from({ length: 2100 }, () => [dispatch]))).toHaveLength(2100);
  expect(webgpu.dispatchCount - before).toBe(2100);
  timer.dispose();
  capture.dispose();
});

test('the adapter’s ceilings are measured, and no memory of the run is taken for it', async () => {
  const timer = new ReplayTimer(webgpu);
  const { peak } = backend.memory();
  const ceilings = await measureCeilings(webgpu, timer);
  expect(ceilings.flops_per_second).toBeGreaterThan(0);
  expect(ceilings.bytes_per_second).toBeGreaterThan(0);
  expect(ceilings.launch_ms).toBeGreaterThanOrEqual(0);
  expect(backend.memory().peak).toBe(peak);
  timer.dispose();
  expect(error).toBeNull();
});
