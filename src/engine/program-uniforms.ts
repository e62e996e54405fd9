/** Uniform buffers of tfjs's programs, laid out as the struct that its shader compiler declares. */

/** One field of the struct. */
export interface UniformField {
  type: string;
  data: number[];
}

/**
 * The fields behind one another, each at the alignment of its vector type: 4, 8 or 16 bytes; vectors of 5 and 6 are
 * structs, which align what follows them too (https://www.w3.org/TR/WGSL/#alignof).
 */
export function packUniforms(fields: UniformField[]): ArrayBuffer {
  let end = 0;
  let before = 0;
  let most = 4;
  const placed = fields.map(({ type, data }) => {
    const numbers = data.length > 0 ? data : [1];
    const alignment = before >= 5 ? 16 : numbers.length === 1 ? 4 : numbers.length === 2 ? 8 : 16;
    most = Math.max(most, alignment);
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + 4 * numbers.length;
    before = numbers.length;
    return { type, numbers, offset };
  });
  const bytes = new ArrayBuffer(Math.ceil(end / most) * most);
  for (const { type, numbers, offset } of placed) {
    const View = type === 'int32' ? Int32Array : type === 'uint32' ? Uint32Array : Float32Array;
    new View(bytes, offset, numbers.length).set(numbers);
  }
  return bytes;
}
