import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { forEachIndex, indexWorkgroups, makeKernel } from '../../../../src/engine/kernel';
import { philox, PHILOX } from '../../../../src/engine/kernels/philox';

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
});
afterAll(() => backend.dispose());

test('the GPU draws the words that JavaScript draws', async () => {
  const webgpu = backend.webgpu!;
  const count = 203;
  const random = randomStream(2, 'philox');
  const word = (): number => random.integer(2 ** 16) * 2 ** 16 + random.integer(2 ** 16);
  // Six words each: the counter, then the key; the first are all zeros and all ones.
  const given = Int32Array.from({ length: 6 * count }, (_, i) => (i < 6 ? 0 : i < 12 ? -1 : word() | 0));
  const kernel = makeKernel({
    name: 'philox',
    bindings: [
      { name: 'given', access: 'read', storage: 'int32' },
      { name: 'words', access: 'read_write', storage: 'int32' },
    ],
    workgroups: indexWorkgroups(count),
    flops: 0,
    bytes: 40 * count,
    body: `${PHILOX}
${forEachIndex(count)}
  let at = 6u * index;
  let counter = vec4<u32>(u32(given[at]), u32(given[at + 1u]), u32(given[at + 2u]), u32(given[at + 3u]));
  let drawn = philox(counter, vec2<u32>(u32(given[at + 4u]), u32(given[at + 5u])));
  for (var i = 0u; i < 4u; i++) { words[4u * index + i] = i32(drawn[i]); }
}`,
  });
  const input = webgpu.makeTensorInfo([6 * count], 'int32', given);
  const words = webgpu.allocate([4 * count], 'int32');
  webgpu.run(kernel, [input, words]);
  const expected = Array.from({ length: count }, (_, i) => {
    const [a, b, c, d, e, f] = Uint32Array.from(given.subarray(6 * i, 6 * i + 6));
    return philox([a, b, c, d], [e, f]);
  });
  expect(await webgpu.read(words.dataId)).toEqual(Int32Array.from(expected.flat(), (value) => value | 0));
});
