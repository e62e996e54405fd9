import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../src/export/safetensors';

const values = Float32Array.from([1, -2.5, 3, 4, 5, 6, 0.1]);
const content = {
  tensors: [
    { name: 'dense/kernel', shape: [2, 3], offset: 0, length: 24 },
    { name: 'dense/bias', shape: [1], offset: 24, length: 4 },
  ],
  data: new Uint8Array(values.buffer),
  metadata: { format: 'lathe' },
};

/** A parser of its own, straight from the format's description. */
function parse(file: Uint8Array): Record<string, { dtype: string; shape: number[]; values: number[] }> {
  const view = new DataView(file.buffer, file.byteOffset);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const out: ReturnType<typeof parse> = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const read: number[] = [];
    for (let at = data_offsets[0]; at < data_offsets[1]; at += 4) read.push(view.getFloat32(8 + length + at, true));
    out[name] = { dtype, shape, values: read };
  }
  return out;
}

/** A file with any header and data. */
function file(header: unknown, data = new Uint8Array(values.buffer)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const entry = (shape: number[], from: number, to: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('writeSafetensors', () => {
  it('writes what the description of the format says', () => {
    const written = parse(writeSafetensors(content));
    expect(written['dense/kernel']).toEqual({ dtype: 'F32', shape: [2, 3], values: [1, -2.5, 3, 4, 5, 6] });
    expect(written['dense/bias']).toEqual({ dtype: 'F32', shape: [1], values: [Math.fround(0.1)] });
  });

  it('begins the data at a multiple of eight bytes, whatever the header', () => {
    for (const note of ['', 'a', 'ab', 'abc', 'abcd']) {
      const written = writeSafetensors({ ...content, metadata: { note } });
      expect((written.byteLength - content.data.byteLength) % 8).toBe(0);
    }
  });

  it('refuses tensors that do not fill the data', () => {
    expect(() => writeSafetensors({ ...content, tensors: content.tensors.slice(0, 1) })).toThrow(
      /cover 24 of 28 bytes/,
    );
    const [kernel, bias] = content.tensors;
    expect(() => writeSafetensors({ ...content, tensors: [bias, kernel] })).toThrow(/dense\/bias is not where/);
  });
});

describe('readSafetensors', () => {
  it('reads back what was written', () => {
    expect(readSafetensors(writeSafetensors(content))).toEqual(content);
  });

  it('sorts tensors by their place, empty ones included', () => {
    const read = readSafetensors(file({ b: entry([6], 4, 28), none: entry([0, 3], 4, 4), a: entry([], 0, 4) }));
    expect(read.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['a', []],
      ['none', [0, 3]],
      ['b', [6]],
    ]);
  });

  it.each([
    ['a file too short for a header', new Uint8Array(5), /5 bytes, too few/],
    ['a length that no header has', new Uint8Array(16).fill(0x7f), /not a safetensors file/],
    ['a truncated header', writeSafetensors(content).subarray(0, 40), /truncated: the header needs/],
    ['truncated data', writeSafetensors(content).subarray(0, -4), /truncated: the tensor dense\/bias ends at byte 28/],
    ['a header that is not JSON', file('{"a":'), /header is not JSON/],
    ['a header that is a list', file([1, 2]), /header is not an object/],
    ['a tensor without offsets', file({ a: { dtype: 'F32', shape: [7] } }), /header of the tensor a lacks/],
    ['a negative size', file({ a: entry([-7], 0, 28) }), /header of the tensor a lacks/],
    ['half precision', file({ a: entry([14], 0, 28, 'F16') }), /tensor a has dtype F16; Lathe reads F32/],
    [
      'a shape that contradicts the offsets',
      file({ a: entry([2, 3], 0, 28) }),
      /shape \[2, 3\] needs 24 bytes, its offsets give 28/,
    ],
    ['overlapping tensors', file({ a: entry([4], 0, 16), b: entry([4], 12, 28) }), /tensor b overlaps/],
    ['a gap', file({ a: entry([3], 0, 12), b: entry([3], 16, 28) }), /gap of 4 bytes before the tensor b/],
    ['bytes of no tensor', file({ a: entry([3], 0, 12) }), /16 bytes at its end belong to no tensor/],
    ['metadata that is not text', file({ __metadata__: { a: 1 }, b: entry([7], 0, 28) }), /__metadata__/],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
    expect(() => readSafetensors(bytes)).toThrow(
      expect.objectContaining({ kind: 'bundle', where: { file: 'model.safetensors' } }),
    );
  });
});
