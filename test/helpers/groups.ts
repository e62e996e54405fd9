/** Groups, rooms and offers as the page is told of them. */
import type { RoomOffer, RoomStatus } from '../../src/app/api';
import { parseConfig } from '../../src/config/parse';
import type { RunConfigInput } from '../../src/config/schema';
import type { GroupStatus, PeerStatus } from '../../src/peers/status';
import type { RunRow } from '../../src/store/schema';
import { runRow } from './run-row';

/** The room of `roomOf`, with its secret. */
export const TOKEN = 'cm9vbS1yb29tLXJvb20tMQ.c2VjcmV0LXNlY3JldC1zZQ';

/** The link to it, for the page that a test looks at. */
export const linkHere = (): string => `${location.href.split('#')[0]}#/join/${TOKEN}`;

const NAMES = ['Ada', 'Grace', 'Alan', 'Katherine', 'Edsger', 'Barbara', 'Donald', 'Margaret'];
const ADAPTERS = ['nvidia ampere', 'apple metal-3', 'intel gen-12lp', 'google swiftshader', 'amd rdna-3'];

/** A member; the first is this browser itself and coordinates. */
export function peerAt(index: number, changes: Partial<PeerStatus> = {}): PeerStatus {
  return {
    id: (0xabc0_0000 + index).toString(16).padStart(16, '0'),
    member: index + 1,
    self: index === 0,
    name: `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : ` ${Math.floor(index / NAMES.length) + 1}`}`,
    adapter: ADAPTERS[index % ADAPTERS.length],
    state: 'member',
    samples_per_second: 5200 / (1 + (index % 5)),
    items: index % 5 < 2 ? 3 : 1,
    round_trip_ms: index === 0 ? null : 2.4 + 7.3 * index,
    sent: index === 0 ? 0 : 41_000_000 + index * 1_700_000,
    received: index === 0 ? 0 : 38_500_000 + index * 1_300_000,
    late: index % 5 === 3 ? 4 : 0,
    ...changes,
  };
}

/** A group that trains, of `count` peers. */
export function groupOf(count: number, changes: Partial<GroupStatus> = {}): GroupStatus {
  return {
    phase: 'training',
    reason: null,
    world_size: count,
    epoch: count,
    committed: 1284,
    peers: Array.from({ length: count }, (_, index) => peerAt(index)),
    compression: 'float16',
    parts: { step: 48.2, compute: 31.5, communicate: count === 1 ? 0 : 9.8, update: 3.1, commit: 1.9 },
    communicating: count === 1 ? 0 : 0.203,
    with_one_more_ms: 42.6,
    dropped: {},
    parameters_hash: '9f2c51d07ab34e6688d1c0ffee71a2b4',
    ...changes,
  };
}

/** A run that trains together. */
export function sharedRun(changes: Partial<RunRow> = {}, config: RunConfigInput = {}): RunRow {
  return runRow('run-1', {
    name: 'digits together',
    created: Date.now() - 180_000,
    updated: Date.now(),
    config: parseConfig({
      data: { dataset: 'digits' },
      model: { architecture: 'cnn' },
      ...config,
      training: { distributed: { enabled: true, world_size: 4 }, ...config.training },
    }),
    dataset_id: 'd1',
    dataset_hash: 'hash of digits',
    backend: { backend: 'webgpu', adapter: 'nvidia ampere', software: false, reason: 'WebGPU is there.' },
    epoch: 1,
    step: 640,
    total_steps: 2100,
    seconds: 61,
    samples_per_second: 4100,
    ...changes,
  });
}

/** The room of `sharedRun`. */
export function roomOf(changes: Partial<RoomStatus> = {}): RoomStatus {
  return {
    run_id: 'run-1',
    link: linkHere(),
    role: 'host',
    signalling: { state: 'open', address: 'wss://lathe.example/signal', reason: null },
    connected: 3,
    copy: null,
    examples: null,
    ...changes,
  };
}

/** What a guest is told of `sharedRun`. */
export function offerOf(changes: Partial<RoomOffer> = {}): RoomOffer {
  const { config } = sharedRun();
  return {
    run_name: 'digits together',
    config,
    dataset: { name: 'digits', kind: 'images', examples: 70_000, bytes: 54_950_048, content_hash: 'hash of digits' },
    dataset_id: null,
    search: null,
    streams: true,
    group: { ...groupOf(3), peers: [0, 1, 2].map((index) => peerAt(index, { self: false })) },
    run_id: null,
    ...changes,
  };
}
