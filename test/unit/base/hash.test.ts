import { expect, it } from 'vitest';
import { canonicalJson, sha256, streamingSha256 } from '../../../src/base/hash';

// FIPS 180-4, example of one block.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

it('hashes whole data and data in pieces alike', async () => {
  expect(await sha256('abc')).toBe(ABC);
  const streaming = await streamingSha256();
  streaming.update(new TextEncoder().encode('a'));
  streaming.update(new TextEncoder().encode('bc'));
  expect(streaming.digest()).toBe(ABC);
});

it('writes equal values as equal JSON, whatever the order of their keys', () => {
  expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[1,{"c":2,"d":1}]}');
});
