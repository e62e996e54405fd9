import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend, type Backend } from '../../../src/engine/backend';
import { makeKernel, forEachIndex, indexWorkgroups, type Storage } from '../../../src/engine/kernel';
import { convert } from '../../../src/engine/kernels/convert';
import { RecordedFunction } from '../../../src/engine/recorded-function';
import { tf } from '../../../src/engine/tf';
import { setVariable } from '../../../src/engine/variables';
import type { LatheBackend } from '../../../src/engine/webgpu-backend';

let backend: Backend;
let webgpu: LatheBackend;

beforeAll(async () => {
  backend = await startBackend(['webgpu']);
  if (!backend.webgpu) throw new Error('This test needs WebGPU.');
  webgpu = backend.webgpu;
});
afterAll(() => backend.dispose());

const tensorOf = (info: tf.TensorInfo): tf.Tensor => tf.engine().makeTensorFromTensorInfo(info);
const ramp = (length: number): Float32Array<ArrayBuffer> => Float32Array.from({ length }, (_, i) => i - length / 2);

/** `x + 1`, as a kernel. */
const addOne = (length: number, storage: Storage = 'float32') =>
  makeKernel({
    name: 'add one',
    bindings: [
      { name: 'x', access: 'read', storage },
      { name: 'result', access: 'read_write', storage },
    ],
    workgroups: indexWorkgroups(length),
    flops: length,
    bytes: 8 * length,
    body: `${forEachIndex(length)} result_put(index, x_at(index) + 1.0); }`,
  });

describe('tensors', () => {
  test('a view reads and writes a part of a buffer', async () => {
    const buffer = webgpu.buffer(1024, 'weights');
    const range = { buffer, offset: 256, size: 12 };
    webgpu.upload({ buffer, offset: 0, size: 1024 }, ramp(256));
    const variable = tf.variable(tf.zeros([3]));
    const view = tensorOf(webgpu.view(range, [3]));
    variable.assign(view);
    view.dispose();
    expect([...(await variable.data())]).toEqual([-64, -63, -62]);
    setVariable(variable, Float32Array.of(1, 2, 3));
    const doubled = tf.mul(variable, 2);
    expect([...(await doubled.data())]).toEqual([2, 4, 6]);
    // What was read before is not remembered: the buffer may have changed.
    webgpu.upload(range, Float32Array.of(7, 8, 9));
    expect([...(await variable.data())]).toEqual([7, 8, 9]);
    tf.dispose([variable, doubled]);
    webgpu.free(buffer);
  });

  test.each([7, 64, 1001])(
    'halves of %i numbers round to what fits in 16 bits, and tfjs sees plain numbers',
    async (length) => {
      const x = tf.tensor1d(Float32Array.from({ length }, (_, i) => 0.1 * (i - 3)));
      const halves = webgpu.allocate([length], 'packed');
      webgpu.run(convert(length, 'float32', 'packed'), [x, halves]);
      const sum = webgpu.allocate([length], 'packed');
      webgpu.run(addOne(length, 'packed'), [halves, sum]);
      const half = tensorOf(sum);
      const values = await half.data();
      const doubled = tf.add(half, half);
      const twice = await doubled.data();
      for (let i = 0; i < length; i++) {
        const exact = 0.1 * (i - 3) + 1;
        expect(Math.abs(values[i] - exact)).toBeLessThanOrEqual(2 ** -10 * Math.abs(exact) + 2 ** -11);
        expect(twice[i]).toBe(2 * values[i]);
      }
      webgpu.disposeData(halves.dataId);
      tf.dispose([x, half, doubled]);
    },
  );
});

test('halves hold what is past their range as infinity, and NaN as NaN', async () => {
  const numbers = Float32Array.of(65504, 65520, -7e4, 1e5, 3e38, Infinity, -Infinity, NaN);
  const { length } = numbers;
  const x = tf.tensor1d(numbers);
  const halves = webgpu.allocate([length], 'packed');
  webgpu.run(convert(length, 'float32', 'packed'), [x, halves]);
  const half = tensorOf(halves);
  expect([...(await half.data())]).toEqual([65504, Infinity, -Infinity, Infinity, Infinity, Infinity, -Infinity, NaN]);
  tf.dispose([x, half]);
});

describe('a recorded function', () => {
  /** Two outputs from tfjs's programs and a kernel of ours, with constants and a reused buffer in between. */
  const compute = ([x]: tf.Tensor[]): tf.Tensor[] => {
    const scaled = tf.mul(x, tf.scalar(3));
    const result = webgpu.allocate(x.shape);
    webgpu.run(addOne(x.size), [scaled, result]);
    const more = tensorOf(result);
    return [tf.sum(tf.sqrt(tf.square(more))), tf.add(more, tf.tensor1d(ramp(x.size)))];
  };

  test('gives what an eager run gives, for every input and for each shape', async () => {
    const recorded = new RecordedFunction(webgpu, compute);
    for (const length of [5, 300, 5, 300, 5]) {
      for (const factor of [1, -2, 0.5]) {
        const values = ramp(length).map((value) => factor * value);
        const ranges = recorded.run([{ values, shape: [length] }]);
        const [sum, vector] = (await webgpu.readRanges(ranges)).map((bytes) => [...new Float32Array(bytes)]);
        const eager = tf.tidy(() => compute([tf.tensor1d(values)]));
        expect(sum).toEqual([...(await eager[0].data())]);
        expect(vector).toEqual([...(await eager[1].data())]);
        tf.dispose(eager);
      }
    }
    expect(recorded.captures).toHaveLength(2);
    recorded.dispose();
  });

  test('other work between two replays does not disturb it', async () => {
    const recorded = new RecordedFunction(webgpu, compute);
    const values = ramp(100);
    const [first] = await webgpu.readRanges(recorded.run([{ values, shape: [100] }]));
    const others = Array.from({ length: 20 }, () => tf.tidy(() => tf.add(tf.tensor1d(ramp(100)), 1)));
    const [again] = await webgpu.readRanges(recorded.run([{ values, shape: [100] }]));
    expect(new Float32Array(again)).toEqual(new Float32Array(first));
    tf.dispose(others);
    recorded.dispose();
  });

  test('replays grow neither tensors nor buffers nor bytes, and nothing is left of it', async () => {
    const before = {
      tensors: tf.memory().numTensors,
      bytes: webgpu.memoryReport().total - webgpu.memoryReport().pooled,
    };
    const recorded = new RecordedFunction(webgpu, compute);
    const run = (): Promise<ArrayBuffer[]> => webgpu.readRanges(recorded.run([{ values: ramp(64), shape: [64] }]));
    for (let i = 0; i < 3; i++) await run();
    const settled = { tensors: tf.memory().numTensors, ...webgpu.memoryReport() };
    for (let i = 0; i < 200; i++) await run();
    expect({ tensors: tf.memory().numTensors, ...webgpu.memoryReport() }).toEqual(settled);
    recorded.dispose();
    const { total, pooled } = webgpu.memoryReport();
    expect({ tensors: tf.memory().numTensors, bytes: total - pooled }).toEqual(before);
  });

  test('segments are replayed apart', async () => {
    const x = tf.tensor1d([1]);
    const { capture, value } = webgpu.record(() => {
      const once = tf.add(x, 1);
      webgpu.cut();
      return [once, tf.mul(once, 10)];
    });
    setVariableLike(x, 5);
    webgpu.replay(capture, 0);
    expect([...(await value[0].data())]).toEqual([6]);
    expect([...(await value[1].data())]).toEqual([20]);
    webgpu.replay(capture, 1);
    expect([...(await value[1].data())]).toEqual([60]);
    tf.dispose([x, ...value]);
    capture.dispose();
  });

  test('one that reads back while it computes is refused with a reason', () => {
    const recorded = new RecordedFunction(webgpu, ([x]) => [tf.scalar(tf.square(x).dataSync()[0])]);
    expect(() => recorded.run([{ values: Float32Array.of(1), shape: [1] }])).toThrow(/reads numbers back/);
    recorded.dispose();
  });
});

function setVariableLike(tensor: tf.Tensor, value: number): void {
  webgpu.upload(webgpu.rangeOf(tensor), Float32Array.of(value));
}
