/** The parts that groups of the product are made of. */
import { createCodecSession } from '../compression/registry';
import { Exchange } from '../reduce/exchange';
import { createReplica } from '../replica/replica';
import { fromChunks } from '../replica/snapshot';
import type { GroupParts } from './parts';

/** Parameters in WebAssembly, the all-reduce in shards, the compressions of the registry. */
export const standardParts: GroupParts = {
  createReplica,
  createSession: createCodecSession,
  createExchange: (options) => new Exchange(options),
  fromChunks,
};
