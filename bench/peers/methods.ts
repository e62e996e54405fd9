/** Ways to train together that are compared. */
import type { CodecConfig } from '../../src/peers/compression/codec';
import { RANK } from './workloads';

/** Every way: Lathe's compressions, its local steps, and the exchange of whole weights by all with all. */
export const METHODS = ['float32', 'float16', 'int8', 'powersgd', 'local_steps', 'all_to_all'] as const;
export type Method = (typeof METHODS)[number];

/** The compression of a group with this method. */
export function codecOf(method: Method): CodecConfig {
  switch (method) {
    case 'powersgd':
      return { name: 'powersgd', rank: RANK };
    case 'float16':
    case 'int8':
      return { name: method };
    default:
      return { name: 'float32' };
  }
}
