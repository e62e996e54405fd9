import type { ImportFile } from '../api';

/** Unsigned bytes as an IDX file (the format is described in `readers/idx.ts`). */
export function idxFile(path: string, shape: number[], values: Uint8Array<ArrayBuffer>): ImportFile {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  return { path, file: new File([header, values], path.slice(path.lastIndexOf('/') + 1)) };
}
