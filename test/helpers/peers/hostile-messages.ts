/** Messages of the control lane that must not be used, and the reason that they are counted under. */
import type { RandomStream } from '../../../src/base/random';
import { decodeMessage, encodeMessage, type Message, type MessageOf } from '../../../src/peers/group/messages';
import type { View } from '../../../src/peers/group/view';
import type { DropReason } from '../../../src/peers/status';

/** What one who sits on a link knows. */
export interface Knowledge {
  /** The view that the receiver is in. */
  view: View;
  /** Transactions that the receiver has committed. */
  committed: number;
  from: string;
  random: RandomStream;
}

/** A message that must not be used. `reasons`: those that it may be counted under. */
export interface HostileMessage {
  kind: string;
  bytes: Uint8Array;
  reasons: readonly DropReason[];
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Values that a field may be replaced by. */
const WRONG: readonly unknown[] = [
  -1,
  0.5,
  2 ** 53,
  2 ** 32,
  1e300,
  -1e300,
  null,
  true,
  '',
  'NaN',
  '__proto__',
  'x'.repeat(5_000),
  [],
  [[[[]]]],
  {},
  { __proto__: null, constructor: 1 },
  Array.from({ length: 300 }, () => 0),
];

/** JSON with one value replaced or taken away. */
function mutated(json: unknown, random: RandomStream): unknown {
  if (typeof json !== 'object' || json === null || random.uniform() < 0.2) return WRONG[random.integer(WRONG.length)];
  const keys = Object.keys(json);
  if (keys.length === 0) return WRONG[random.integer(WRONG.length)];
  const key = keys[random.integer(keys.length)];
  if (Array.isArray(json)) return json.map((value: unknown, i) => (String(i) === key ? mutated(value, random) : value));
  const copy = new Map(Object.entries(json));
  if (random.uniform() < 0.2) copy.delete(key);
  else copy.set(key, mutated(copy.get(key), random));
  return Object.fromEntries(copy);
}

/** A message with one thing wrong of which no message can be made; null: none was found. */
export function malformedLike(bytes: Uint8Array, random: RandomStream): HostileMessage | null {
  const text = new TextDecoder().decode(bytes);
  const kind = random.integer(8);
  let wrong: Uint8Array;
  if (kind === 0) wrong = Uint8Array.from({ length: random.integer(300) }, () => random.integer(256));
  else if (kind === 1) wrong = bytes.slice(0, random.integer(bytes.length));
  else if (kind === 2) wrong = bytesOf(`${'['.repeat(1 + random.integer(20_000))}`);
  else if (kind === 3) wrong = bytesOf(text.replace(/"type":"[^"]*"/, '"type":"__proto__"'));
  else if (kind === 4) wrong = bytesOf(`{"__proto__":${text}}`);
  else wrong = bytesOf(JSON.stringify(mutated(JSON.parse(text), random)));
  return decodeMessage(wrong) ? null : { kind: 'malformed', bytes: wrong, reasons: ['malformed'] };
}

/** What somebody in the group may say whose words do not fit: the kind, and how it is counted. */
type Make = (knowledge: Knowledge) => [Message, ...DropReason[]];

const place = { seq: 0, hash: 'x' };
const transaction = { kind: 'update', index: 0, items: 8, scalars: { lr: 1 } } as const;
const later = ({ view, random }: Knowledge): number => view.epoch + 1 + random.integer(0xffff_ffff - view.epoch);
const farSeq = ({ committed, random }: Knowledge): number => committed + 4 + random.integer(1_000_000_000);

const KINDS: Record<string, Make> = {
  'a vote of an older view': ({ view, committed }) => [
    { type: 'vote', epoch: view.epoch - 1, at: { seq: committed, hash: 'x' } },
    'stale',
  ],
  'a vote of a view to come': (known) => [
    { type: 'vote', epoch: later(known), at: { seq: known.committed, hash: 'x' } },
    'malformed',
  ],
  'a vote for what is committed': ({ view, committed, random }) => [
    { type: 'vote', epoch: view.epoch, at: { seq: random.integer(committed), hash: 'x' } },
    'stale',
  ],
  'a vote for a step to come': (known) => [
    { type: 'vote', epoch: known.view.epoch, at: { seq: farSeq(known), hash: 'x' } },
    'malformed',
  ],
  'a proposal of an older view': ({ view, committed, from }) => [
    { type: 'proposal', epoch: view.epoch - 1, seq: committed, transaction, deal: [[1, 8]], stop: true },
    from === view.members[0].id ? 'stale' : 'stranger',
  ],
  'a proposal of somebody who does not coordinate, or for a step to come': (known) => [
    { type: 'proposal', epoch: known.view.epoch, seq: farSeq(known), transaction, deal: [[1, 8]], stop: true },
    known.from === known.view.members[0].id ? 'malformed' : 'stranger',
  ],
  'numbers of an older view': ({ view, committed }) => [
    { type: 'partial', epoch: view.epoch - 1, seq: committed, item: 0, numbers: [1e9], ms: 1, examples: 1 },
    'stale',
  ],
  'numbers of a step to come': (known) => [
    { type: 'partial', epoch: known.view.epoch, seq: farSeq(known), item: 0, numbers: [0], ms: 1, examples: 1 },
    'malformed',
  ],
  'norms of an older step': ({ view, committed, random }) => [
    { type: 'norms', epoch: view.epoch, seq: random.integer(committed), squared: [Infinity] },
    'stale',
  ],
  'norms of a step to come': (known) => [
    { type: 'norms', epoch: known.view.epoch, seq: farSeq(known), squared: [1] },
    'malformed',
  ],
  'a collective call far ahead': ({ view, random }) => [
    { type: 'gather', epoch: view.epoch, call: 2_000 + random.integer(1_000_000), numbers: [] },
    'malformed',
  ],
  'a collective call of an older view': ({ view }) => [
    { type: 'gather', epoch: view.epoch - 1, call: 0, numbers: [] },
    'stale',
  ],
  'a view that is installed': ({ view }) => [{ type: 'install', view, base: place }, 'stale'],
  'a view that nobody promised': (known) => [
    { type: 'install', view: { ...known.view, epoch: later(known) }, base: place },
    'stale',
  ],
  'news of an older view': ({ view }) => [{ type: 'installed', epoch: view.epoch - 1, trainer: false }, 'stale'],
  'news of a view to come': (known) => [{ type: 'installed', epoch: later(known), trainer: false }, 'malformed'],
  'a promise that nobody asked for': (known) => [
    {
      type: 'promise',
      epoch: later(known),
      views: [{ ...known.view, epoch: later(known), members: [{ member: 9, id: known.from }] }],
      base: place,
      committed: { seq: farSeq(known), hash: 'x' },
      voted: null,
      prepared: null,
      held: [],
      last: true,
    },
    'stale',
  ],
  'a refusal of what nobody proposed': ({ view }) => [
    { type: 'refuse', epoch: view.epoch, promised: view.epoch, out: true },
    'stale',
  ],
  'a refusal with a number that leaves none': ({ view }) => [
    { type: 'refuse', epoch: view.epoch, promised: 0xffff_ffff, out: true },
    'malformed',
  ],
  'a view proposed again': ({ view }) => [{ type: 'prepare', epoch: view.epoch, group: view.group }, 'stale'],
  'a view of another group': ({ view }) => [{ type: 'prepare', epoch: view.epoch + 1, group: 'another' }, 'stranger'],
  'a view with a number that leaves none': ({ view }) => [
    { type: 'prepare', epoch: 0xffff_ffff, group: view.group },
    'malformed',
  ],
  'a transaction to come': (known) => [{ type: 'entered', seq: farSeq(known), transaction }, 'malformed'],
  'a list that nobody asked for': ({ committed }) => [
    { type: 'list', at: { seq: committed, hash: 'x' }, update: 0, bytes: 1, sha256: ['0'.repeat(64)] },
    'stale',
  ],
  'a training state that nobody asked for': ({ committed }) => [
    { type: 'training', seq: committed, training: '{}' },
    'stale',
  ],
  'a wish for pieces of a state that nobody keeps': ({ committed }) => [
    { type: 'fetch', seq: committed + 50, chunks: [0, 1, 2] },
    'stale',
  ],
  'an echo of what was never said': () => [{ type: 'echo', at: 1e12 }, 'malformed'],
  'an echo heard before': () => [{ type: 'echo', at: 0 }, 'replayed'],
};

/** Names of all kinds. */
export const HOSTILE_MESSAGES: readonly string[] = [...Object.keys(KINDS), 'an order to dissolve'];

/** A message of a kind. */
export function hostileMessage(kind: string, known: Knowledge): HostileMessage | null {
  if (kind === 'an order to dissolve') {
    if (known.from === known.view.members[0].id) return null;
    return { kind, bytes: encodeMessage({ type: 'dissolve' }), reasons: ['stranger'] };
  }
  const [message, ...reasons] = KINDS[kind](known);
  return { kind, bytes: encodeMessage(message), reasons };
}

/** What was said, said once more: some of it with another content. Null: what is said is allowed to be said again. */
export function repeated(bytes: Uint8Array, random: RandomStream): HostileMessage | null {
  const message = decodeMessage(bytes);
  if (!message) return null;
  const again = (other: Message): HostileMessage => ({
    kind: `a repetition (${message.type})`,
    bytes: encodeMessage(other),
    reasons: ['replayed', 'stale'],
  });
  const lie = random.uniform() < 0.5;
  switch (message.type) {
    case 'vote':
      return again(lie ? { ...message, at: { ...message.at, hash: 'another' } } : message);
    case 'partial':
      return again(lie ? { ...message, numbers: message.numbers.map((number) => number + 1) } : message);
    case 'norms':
      return again(lie ? { ...message, squared: message.squared.map(() => Infinity) } : message);
    case 'proposal':
      return again(lie ? { ...message, stop: true } : message);
    default:
      return null;
  }
}

/** The newest view of a group that is spoken of. */
export const installIn = (bytes: Uint8Array): MessageOf<'install'> | null => {
  const message = decodeMessage(bytes);
  return message?.type === 'install' ? message : null;
};
