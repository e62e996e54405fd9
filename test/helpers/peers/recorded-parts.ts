/** Parts of a group that tell what every peer's parameters are after every update. */
import type { GroupParts } from '../../../src/peers/group/parts';
import { standardParts } from '../../../src/peers/group/standard-parts';

/** `hashes`: of the parameters after each update, whoever committed it: one where all hold the same. */
export function recordedParts(): { parts: GroupParts; hashes: Map<number, Set<string>> } {
  const hashes = new Map<number, Set<string>>();
  const parts: GroupParts = {
    ...standardParts,
    async createReplica(setup) {
      const replica = await standardParts.createReplica(setup);
      const commit = replica.commit.bind(replica);
      replica.commit = () => {
        commit();
        const known = hashes.get(replica.seq) ?? new Set<string>();
        hashes.set(replica.seq, known.add(replica.hash));
      };
      return replica;
    },
  };
  return { parts, hashes };
}
