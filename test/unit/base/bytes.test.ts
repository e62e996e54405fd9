import { expect, test } from 'vitest';
import { sizeInWords } from '../../../src/base/bytes';

test.each([
  [0, '0 bytes'],
  [640, '640 bytes'],
  [1536, '1.5 KiB'],
  [80 * 2 ** 20, '80 MiB'],
  [1.25 * 2 ** 30, '1.3 GiB'],
  [2 ** 52, '4096 TiB'],
])('%i', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words);
});
