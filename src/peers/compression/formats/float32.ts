/** Numbers as they are. */
import { bytesOf } from '../../reduce/vector-math';
import type { NumberFormat } from '../codec';

export const float32: NumberFormat = {
  limit: Infinity,
  plain: true,
  bytes: (length) => 4 * length,
  encode: (values, into) => into.set(bytesOf(values)),
  decode: (bytes, into) => bytesOf(into).set(bytes),
};
