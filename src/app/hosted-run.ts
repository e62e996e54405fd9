/** A run that begins a group: its room stands beside its config, where no export finds the secret. */
import type { RunConfig } from '../config/schema';
import { newRoom, parseRoomLink, roomLinkText } from '../peers/signalling/room';
import type { RunGroup } from '../store/schema';

/**
 * What is stored of a run that others can join, in the room that its config names or in a new one.
 * @throws LatheError of kind `usage` where that is no link to a room
 */
export function hostedRun(config: RunConfig): { config: RunConfig; group: RunGroup } {
  const { room } = config.training.distributed;
  const link = room === null ? { room: newRoom(), server: null } : parseRoomLink(room, location.href);
  return { config: groupConfig(config), group: { room: roomLinkText(link), role: 'host' } };
}

/** A config of a run that is trained by a group, without the room. */
export function groupConfig(config: RunConfig): RunConfig {
  const { training } = config;
  return { ...config, training: { ...training, distributed: { ...training.distributed, enabled: true, room: null } } };
}
