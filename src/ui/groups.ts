/** What the pages say about a group of peers, and what they read off its status. */
import type { DropReason, GroupStatus, PeerState, PeerStatus } from '../peers/status';
import type { StateLook } from './charts/marks';
import { formatCount, formatPercent, plural } from './format';

/** How the state of each peer looks. */
export const PEER_LOOKS: Record<PeerState, StateLook> = {
  connected: { word: 'connected', shape: 'ring', color: 'var(--ink-3)' },
  joining: { word: 'joining', shape: 'ring', color: 'var(--accent-text)' },
  member: { word: 'training', shape: 'disc', color: 'var(--accent-text)' },
  left: { word: 'left', shape: 'ring', color: 'var(--data-none)' },
  lost: { word: 'lost', shape: 'cross', color: 'var(--bad)' },
};

/** How the phase of a group looks. */
export const PHASE_LOOKS: Record<GroupStatus['phase'], StateLook> = {
  waiting: { word: 'waiting', shape: 'ring', color: 'var(--warn)' },
  joining: { word: 'joining', shape: 'ring', color: 'var(--accent-text)' },
  training: { word: 'training together', shape: 'disc', color: 'var(--accent-text)' },
  alone: { word: 'cut off', shape: 'cross', color: 'var(--bad)' },
  over: { word: 'over', shape: 'ring', color: 'var(--data-none)' },
};

/** Why frames are dropped, in words, in the order of a list. */
export const DROP_REASONS: readonly { reason: DropReason; title: string; about: string }[] = [
  { reason: 'malformed', title: 'Malformed', about: 'not a frame of this protocol' },
  { reason: 'checksum', title: 'Checksum', about: 'damaged on the way' },
  { reason: 'stale', title: 'Stale', about: 'of a step that is over' },
  { reason: 'replayed', title: 'Replayed', about: 'had arrived before' },
  { reason: 'length', title: 'Length', about: 'not as long as its part of the gradients' },
  { reason: 'oversized', title: 'Oversized', about: 'longer than a frame may be' },
  { reason: 'not_finite', title: 'Not finite', about: 'holds NaN or infinity' },
  { reason: 'stranger', title: 'Stranger', about: 'from somebody who is not in the group' },
  { reason: 'norm', title: 'Norm', about: 'a gradient far larger than those of the others' },
];

/** Those that take part or are about to. */
export const isHere = ({ state }: PeerStatus): boolean => state !== 'left' && state !== 'lost';

/** Peers that train. */
export const membersOf = (status: GroupStatus): PeerStatus[] => status.peers.filter(({ state }) => state === 'member');

/** Name of a peer as others see it. */
export const peerName = (peer: PeerStatus): string => peer.name.trim() || `Peer ${peer.id.slice(0, 4)}`;

/** Number of the member that coordinates; null while nobody does. */
export function coordinatorOf(status: GroupStatus): number | null {
  const numbers = membersOf(status).flatMap(({ member }) => member ?? []);
  return numbers.length === 0 ? null : Math.min(...numbers);
}

/** Peers in the order of a list: by number, newcomers after the members, those that are gone last. */
export function inOrder(peers: readonly PeerStatus[]): PeerStatus[] {
  const rank = (peer: PeerStatus): number => (!isHere(peer) ? 3 : peer.state === 'member' ? 0 : peer.member ? 1 : 2);
  return peers.toSorted(
    (a, b) =>
      rank(a) - rank(b) || (a.member ?? Infinity) - (b.member ?? Infinity) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
}

/** Examples a second of the whole group; null until somebody has computed. */
export function throughputOf(status: GroupStatus): number | null {
  const rates = membersOf(status).flatMap(({ samples_per_second }) => samples_per_second ?? []);
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

/** How many train, of how many that are wanted: `3 peers`, `2 of 4 peers`. */
export function sizeInWords(status: GroupStatus): string {
  const members = membersOf(status).length;
  return status.phase === 'waiting' && status.world_size > 1
    ? `${awaitedOf(status).here} of ${plural(status.world_size, 'peer')}`
    : plural(members, 'peer');
}

/** Who else is there, or was: `1 joins, 2 gone`; null where everybody trains. */
export function othersInWords(status: GroupStatus): string | null {
  const joining = status.peers.filter(({ state }) => state === 'joining' || state === 'connected').length;
  const gone = status.peers.filter((peer) => !isHere(peer)).length;
  const words = [
    joining > 0 ? `${formatCount(joining)} ${joining === 1 ? 'joins' : 'join'}` : '',
    gone > 0 ? `${formatCount(gone)} gone` : '',
  ].filter(Boolean);
  return words.length > 0 ? words.join(', ') : null;
}

/** How many are here of those who are awaited before the first step. Whoever is connected is on the way to take part. */
export function awaitedOf(status: GroupStatus): { here: number; missing: number } {
  const here = status.peers.filter(isHere).length;
  return { here, missing: Math.max(0, status.world_size - here) };
}

/** What one more peer would change, in words: `18 % less`; null where it is not known. */
export function oneMoreInWords(status: GroupStatus): string | null {
  const { parts, with_one_more_ms: expected } = status;
  if (expected === null || parts === null || parts.step <= 0) return null;
  const change = expected / parts.step - 1;
  if (Math.abs(change) < 0.005) return 'as long as now';
  return change < 0 ? `${formatPercent(-change)} less` : `${formatPercent(change)} more: it does not pay`;
}

/** A part of a step's time. */
export interface StepShare {
  key: string;
  title: string;
  about: string;
  /** Null before the first steps are done. */
  ms: number | null;
  /** Of the step, 0 to 1. */
  share: number;
  /** A CSS colour. */
  color: string;
}

/** The parts of a step in the order in which it goes through them; what none of them explains is the rest. */
export function stepShares(parts: GroupStatus['parts']): StepShare[] {
  const { step = 0, compute = 0, communicate = 0, update = 0, commit = 0 } = parts ?? {};
  const known = compute + communicate + update + commit;
  // The vote of a step is hidden behind the next one: the parts may come to more than the step.
  const whole = Math.max(step, known);
  return [
    {
      key: 'compute',
      title: 'Compute',
      about: 'its gradients',
      ms: compute,
      color: 'var(--data-1)',
    },
    {
      key: 'communicate',
      title: 'Communicate',
      about: 'not hidden',
      ms: communicate,
      color: 'var(--data-0)',
    },
    { key: 'update', title: 'Update', about: 'optimizer and hash', ms: update, color: 'var(--data-2)' },
    { key: 'commit', title: 'Commit', about: 'until all agree', ms: commit, color: 'var(--data-5)' },
    { key: 'rest', title: 'Rest', about: 'between the steps', ms: whole - known, color: 'var(--data-none)' },
  ].map((part) => ({ ...part, ms: parts ? part.ms : null, share: whole > 0 ? part.ms / whole : 0 }));
}

/** What a link to a room leads to on this page. */
export interface RoomAddress {
  /** Room and secret: by these a room is known, whatever else the link says. */
  token: string;
  /** Address of the page that shows it. */
  path: string;
}

/**
 * Finds the room in a link or what was pasted of one; null where there is none. Where the link belongs to another page, its
 * path holds all of it: that page's server is where the others meet.
 */
export function readRoomLink(text: string, here = location.href): RoomAddress | null {
  const link = text.trim();
  const [, before, rest, token] = /^(\S*?#\/?join\/)?(([\w-]{22}\.[\w-]{22})(?:@\S+)?)$/.exec(link) ?? [];
  if (token === undefined) return null;
  const foreign = before !== undefined && !'#/join/'.endsWith(before) && before.split('#')[0] !== here.split('#')[0];
  return { token, path: `/join/${foreign ? encodeURIComponent(link) : rest}` };
}

/** The pairing code in what was pasted, scanned or followed, put together where a messenger broke it; null: none. */
export function readPairingCode(text: string): string | null {
  const start = text.search(/LATHE-[AB]\./);
  return start < 0 ? null : text.slice(start).replaceAll(/\s+/g, '');
}

/** Whether nobody but this machine can follow a link: those who meet in its room would meet at its own `localhost`. */
export function isForThisMachine(link: string): boolean {
  const [page, server] = link.split('@');
  const host = /^wss?:(?:\/\/)?([^/:]+)/.exec(server ?? '')?.[1] ?? (URL.canParse(page) ? new URL(page).hostname : '');
  return host === 'localhost' || /^127(\.\d+){3}$/.test(host);
}
