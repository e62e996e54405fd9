/** What happened in a group between two of its statuses: what deserves a word in the corner. */
import type { GroupStatus, PeerStatus } from '../peers/status';
import { membersOf, peerName } from './groups';
import { plural } from './format';

/** One thing that happened. */
export interface GroupNews {
  level: 'info' | 'good' | 'warning';
  message: string;
  description?: string;
}

const listed = (peers: readonly PeerStatus[]): string => {
  const names = peers.map(peerName);
  if (names.length > 3) return plural(names.length, 'peer');
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
};

/** What is new in `after`. Of a group that was not heard of before nothing is: whoever is there was there. */
export function newsOf(before: GroupStatus | undefined, after: GroupStatus): GroupNews[] {
  if (!before || before.phase === 'over') return [];
  if (after.phase === 'over')
    // Without a reason it is what the user asked for.
    return after.reason ? [{ level: 'info', message: 'No longer training together', description: after.reason }] : [];
  if (after.phase === 'alone') {
    // While it is cut off it sees everybody as lost: that is one piece of news, not many.
    if (before.phase === 'alone') return [];
    return [
      {
        level: 'warning',
        message: 'Cut off from the others',
        description: after.reason ?? 'It comes back by itself as soon as it hears of them.',
      },
    ];
  }
  if (before.phase === 'alone' || before.phase === 'joining') {
    // It was not with the others: what they did meanwhile is no news.
    if (after.phase !== 'training') return [];
    const message = before.phase === 'alone' ? 'Back with the others' : 'Training with the others';
    return [{ level: 'good', message, description: `${sizeOf(after)} train together.` }];
  }
  const news: GroupNews[] = [];
  const states = new Map(before.peers.map(({ id, state }) => [id, state]));
  const turned = (state: PeerStatus['state']): PeerStatus[] =>
    after.peers.filter((peer) => !peer.self && peer.state === state && states.get(peer.id) !== state);
  // Who came and went between two statuses was never shown.
  const gone = (state: 'left' | 'lost'): PeerStatus[] => turned(state).filter(({ id }) => states.has(id));

  const joined = turned('member');
  if (joined.length > 0)
    news.push({ level: 'good', message: `${listed(joined)} joined`, description: `${sizeOf(after)} train together.` });
  const left = gone('left');
  if (left.length > 0)
    news.push({ level: 'info', message: `${listed(left)} left`, description: `${sizeOf(after)} go on.` });
  const lost = gone('lost');
  if (lost.length > 0)
    news.push({
      level: 'warning',
      message: `Lost ${listed(lost)}`,
      description: 'What was not finished there is dealt again.',
    });
  return news;
}

const sizeOf = (status: GroupStatus): string => plural(membersOf(status).length, 'peer');
