/** What a peer tells of its group. */
import type { GroupStatus, PeerStatus } from '../status';
import type { GroupOptions, PeerHello } from './parts';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';
import type { Speeds } from './speeds';
import type { Tally } from './tally';
import { numberOf, type View } from './view';

/** What the status is made of. */
export interface StatusSource {
  options: Pick<GroupOptions, 'me' | 'worldSize' | 'codec'>;
  place: Place;
  links: PeerLinks;
  speeds: Speeds;
  tally: Tally;
  committed: number;
  phase: GroupStatus['phase'];
  reason: string | null;
  /** Who said goodbye. */
  left: ReadonlySet<string>;
}

/** A sentence on who is missing: they did not come (`came`), or are waited for. */
export function waitingFor(view: View | null, worldSize: number, verb: 'came' | 'are'): string {
  if (!view) return 'No group was found in this room.';
  const who = `${worldSize - view.members.length} of ${worldSize} browsers`;
  return verb === 'came'
    ? `The group never became complete: ${who} did not come in time. Start again with a smaller training.distributed.world_size, or wait longer.`
    : `Waiting for ${who}.`;
}

/** The group as this peer sees it. */
export function groupStatus(source: StatusSource): GroupStatus {
  const { options, place, speeds, tally, phase } = source;
  const { view } = place;
  const { parts } = speeds;
  return {
    phase,
    reason: reasonOf(source),
    world_size: options.worldSize,
    epoch: view?.epoch ?? 0,
    committed: source.committed,
    peers: peersOf(source),
    compression: view ? `${view.codec.name}${view.adaptive ? ' (auto)' : ''}` : options.codec.name,
    parts,
    communicating: parts && parts.step > 0 ? Math.min(1, parts.communicate / parts.step) : null,
    with_one_more_ms: speeds.withOneMore(view?.members.length ?? 1),
    dropped: { ...tally.dropped },
    parameters_hash: tally.parametersHash,
  };
}

function reasonOf({ phase, place, options, reason }: StatusSource): string | null {
  if (phase === 'training' || phase === 'joining') return null;
  if (phase === 'waiting') return place.view ? waitingFor(place.view, options.worldSize, 'are') : null;
  if (phase === 'alone' && place.view) return 'Most of the group is out of reach: this peer waits for them.';
  return reason;
}

function peersOf({ options, place: { view }, links, speeds, tally, left }: StatusSource): PeerStatus[] {
  const { me } = options;
  const traffic = { sent: 0, received: 0 };
  const seated = (id: string): PeerStatus['state'] =>
    view?.members.some((seat) => seat.id === id)
      ? 'member'
      : view?.learners.some((seat) => seat.id === id)
        ? 'joining'
        : 'connected';
  const status = (
    { id, name, adapter }: { id: string } & PeerHello,
    own: Pick<PeerStatus, 'self' | 'state' | 'round_trip_ms' | 'sent' | 'received'>,
  ): PeerStatus => {
    const member = view ? numberOf(view, id) : null;
    return {
      id,
      member,
      name,
      adapter,
      samples_per_second: member === null ? null : speeds.rate(member),
      items: tally.lastItems.get(id) ?? 0,
      late: member === null ? 0 : speeds.timesLate(member),
      ...own,
    };
  };
  const others: PeerStatus[] = [];
  for (const { id, hello, link, roundTrip } of links.all) {
    const { sent, received } = link.traffic;
    traffic.sent += sent;
    traffic.received += received;
    const state = left.has(id) ? 'left' : links.silent(id) ? 'lost' : seated(id);
    others.push(status({ id, ...hello }, { self: false, state, round_trip_ms: roundTrip, sent, received }));
  }
  for (const { id, hello, traffic: counted } of links.gone) {
    const { sent, received } = counted;
    traffic.sent += sent;
    traffic.received += received;
    const state = left.has(id) ? 'left' : 'lost';
    others.push(status({ id, ...hello }, { self: false, state, round_trip_ms: null, sent, received }));
  }
  return [status(me, { self: true, state: seated(me.id), round_trip_ms: null, ...traffic }), ...others];
}
