/** A room's group, of the product's parts. */
import type { RunConfig } from '../../config/schema';
import { Group } from '../group/group';
import type { GroupCodec } from '../group/parts';
import { standardParts } from '../group/standard-parts';
import type { GroupEngine, GroupOrder } from './room';

/** Makes the group that `order` asks for. */
export function createGroup({ me, config, witness, post }: GroupOrder): GroupEngine {
  return new Group({
    me,
    worldSize: config.world_size,
    waitMs: config.wait_minutes * 60_000,
    codec: codecOf(config),
    witness,
    parts: standardParts,
    toTrainer: post,
  });
}

/** How gradients are written on the way. */
function codecOf({ compression, powersgd_rank }: RunConfig['training']['distributed']): GroupCodec {
  if (compression === 'powersgd') return { name: 'powersgd', rank: powersgd_rank };
  return { name: compression };
}
