/** A config that others may see. */
import type { RunConfig } from './schema';

/** Without the room that a group meets in: its link lets anybody in. */
export function withoutRoom(config: RunConfig): RunConfig {
  const { training } = config;
  return { ...config, training: { ...training, distributed: { ...training.distributed, room: null } } };
}
