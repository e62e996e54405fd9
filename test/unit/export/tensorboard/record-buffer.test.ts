import { describe, expect, it } from 'vitest';
import { crc32c, maskCrc } from '../../../../src/export/tensorboard/crc32c';
import { RecordBuffer } from '../../../../src/export/tensorboard/record-buffer';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  it.each([
    ['nothing', new Uint8Array(), 0],
    ['123456789', bytes('123456789'), 0xe3069283],
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])('of %s', (_, data, expected) => {
    expect(crc32c(data)).toBe(expected);
  });

  it('looks at the part that it is asked for', () => {
    expect(crc32c(bytes('__123456789__'), 2, 11)).toBe(0xe3069283);
  });

  it('is masked as TensorFlow does', () => {
    // crc32c_test.cc: the mask of a checksum is another, and not its own inverse.
    const crc = crc32c(bytes('foo'));
    expect(maskCrc(crc)).not.toBe(crc);
    const rotated = (maskCrc(crc) - 0xa282ead8) >>> 0;
    expect(((rotated >>> 17) | (rotated << 15)) >>> 0).toBe(crc);
  });
});

describe('records', () => {
  it('have their length before them and checksums behind both', () => {
    const buffer = new RecordBuffer();
    buffer.append(bytes('123456789'));
    const taken = buffer.take();
    const view = new DataView(taken.buffer);
    expect(taken).toHaveLength(8 + 4 + 9 + 4);
    expect(view.getBigUint64(0, true)).toBe(9n);
    expect(view.getUint32(8, true)).toBe(maskCrc(crc32c(taken, 0, 8)));
    expect(new TextDecoder().decode(taken.subarray(12, 21))).toBe('123456789');
    expect(view.getUint32(21, true)).toBe(maskCrc(0xe3069283));
    expect(buffer.take()).toHaveLength(0);
  });

  it('are the same one by one and all at once, over every growth of the buffer', () => {
    const data = Array.from({ length: 300 }, (_, i) => new Uint8Array(i * 7).fill(i));
    const whole = new RecordBuffer();
    const pieces: number[] = [];
    const single = new RecordBuffer();
    for (const record of data) {
      whole.append(record);
      single.append(record);
      pieces.push(...single.take());
    }
    expect([...whole.take()]).toEqual(pieces);
  });
});
