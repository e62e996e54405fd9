/** Single files compressed with gzip (RFC 1952): `train.csv.gz`, `train-images-idx3-ubyte.gz`. */
import { LatheError } from '../../base/errors';
import { LIMITS, megabytes } from './limits';
import { hasMagic, type Unpacker } from './reader';

/** Opens gzip files. */
export const gzip: Unpacker = {
  name: 'gzip',
  recognises: (head) => hasMagic(head, [0x1f, 0x8b, 8]),

  async unpack({ path, file }, onProgress) {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        parts.push(value);
        bytes += value.length;
        if (bytes > LIMITS.totalBytes) {
          throw new LatheError(
            'data',
            `${path} unpacks to more than ${megabytes(LIMITS.totalBytes)}, from ${megabytes(file.size)}. Unpack it yourself and drop the part you need.`,
            { file: path },
          );
        }
        onProgress({ stage: `Unpacking ${path}`, done: bytes, total: null });
      }
    } catch (error) {
      if (error instanceof LatheError) throw error;
      throw new LatheError(
        'data',
        `${path} is a damaged or truncated gzip file. Download or compress it again.`,
        { file: path },
        [],
        { cause: error },
      );
    } finally {
      await reader.cancel().catch(() => undefined);
    }
    // The path stays as it is: it is the one that the user knows.
    return [{ path, file: new File(parts, file.name) }];
  },
};
