import { expect, it } from 'vitest';
import { crc32 } from '../../../src/base/crc32';
import { randomStream } from '../../../src/base/random';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it('gives the check value of CRC-32, and goes on from a part', () => {
  expect(crc32(bytes('123456789'))).toBe(0xcbf43926);
  expect(crc32(bytes('6789'), crc32(bytes('12345')))).toBe(0xcbf43926);
});

it('is the remainder of a division, bit by bit, for any length and place', () => {
  const random = randomStream(0, 'crc32');
  for (let length = 0; length < 70; length++) {
    const data = Uint8Array.from({ length: length + 5 }, () => random.integer(256)).subarray(length % 5);
    let crc = 0xffff_ffff;
    for (const byte of data) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    expect(crc32(data)).toBe(~crc >>> 0);
  }
});
