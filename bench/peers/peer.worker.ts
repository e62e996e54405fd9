/** The peer worker of a benchmark: links over data channels, and a group or the exchange of weights on them. */
import { LatheError } from '../../src/base/errors';
import { sha256 } from '../../src/base/hash';
import type { Lanes } from '../../src/peers/connect/lanes';
import { Group } from '../../src/peers/group/group';
import { standardParts } from '../../src/peers/group/standard-parts';
import type { TrainerMessage } from '../../src/peers/trainer-port';
import { ChannelLink } from '../../src/peers/transport/channel-link';
import { AllToAll } from './all-to-all';
import { codecOf } from './methods';
import { probe } from './probe';
import type { PeerNews, PeerReport, PeerTask, WeightsMessage } from './protocol';

/** What the page says: first the channels, by rank (null: its own), then what to do. */
export type PeerOrder = { type: 'links'; lanes: (Lanes | null)[] } | { type: 'run'; task: PeerTask; port: MessagePort };

let links: (ChannelLink | null)[] = [];

const tell = (news: PeerNews): void => postMessage(news);
const idOf = (rank: number): string => String(rank + 1).padStart(16, '0');
const sentBytes = (): number => links.reduce((sum, link) => sum + (link?.traffic.sent ?? 0), 0);

addEventListener('message', ({ data }: MessageEvent<PeerOrder>) => {
  if (data.type === 'links') links = data.lanes.map((lanes) => lanes && new ChannelLink(lanes));
  else run(data.task, data.port).catch((thrown: unknown) => fail(LatheError.from(thrown)));
});

const fail = ({ message }: LatheError): void => tell({ type: 'failed', message });

async function run(task: PeerTask, port: MessagePort): Promise<void> {
  const others = links.filter((link) => link !== null);
  await Promise.all(others.map(({ opened }) => opened));
  // Congestion windows open up first.
  await probe(others, task.probe / 4);
  const rate = await probe(others, task.probe);
  tell({ type: 'probed' });
  if (task.method === 'all_to_all') exchangeWeights(task, port, rate);
  else train(task, port, rate);
}

/** Times of commits, and what the timed steps took. */
class Clock {
  private readonly ends: number[] = [];

  constructor(private readonly warmUp: number) {}

  tick(): number {
    return this.ends.push(performance.now());
  }

  get steps(): number[] {
    return this.ends.slice(1).flatMap((end, i) => (i + 1 >= this.warmUp ? [end - this.ends[i]] : []));
  }
}

function train(task: PeerTask, port: MessagePort, rate: number | null): void {
  const clock = new Clock(task.warmUp);
  let before = 0;
  let shape: PeerReport['shape'] = { buckets: [], matrices: [] };
  const group: Group = new Group({
    me: { id: idOf(task.rank), name: `peer ${task.rank}`, adapter: null },
    worldSize: task.members,
    waitMs: 60_000,
    codec: codecOf(task.method),
    witness: null,
    parts: standardParts,
    toTrainer(message, transferred) {
      if (message.type === 'committed') {
        const committed = clock.tick();
        // The first step is dealt to those alone whose trainers are there by then.
        if (committed === 1) {
          before = sentBytes();
          tell({ type: 'counting' });
        }
        if (committed === task.steps) setTimeout(finish, 0);
      }
      port.postMessage(message, transferred);
    },
    onEnd: (error) => error && fail(error),
  });
  const finish = (): void => {
    const { parts, parameters_hash, peers } = group.status();
    const trips = peers.flatMap(({ round_trip_ms }) => round_trip_ms ?? []);
    const { compute = 0, communicate = 0, update = 0, commit = 0 } = parts ?? {};
    tell({
      type: 'finished',
      report: {
        steps: clock.steps,
        parts: { compute, communicate, update, commit },
        sent: sentBytes() - before,
        rate,
        roundTrip: trips.length > 0 ? trips.reduce((sum, ms) => sum + ms, 0) / trips.length : null,
        hash: parameters_hash ?? '',
        shape,
      },
    });
  };
  port.onmessage = ({ data }: MessageEvent<TrainerMessage>) => {
    if (data.type === 'start') shape = { buckets: data.setup.buckets, matrices: data.setup.matrices };
    if (data.type === 'failed') fail(LatheError.fromJSON(data.error));
    // All are dealt alike, however the machine spreads its cores over them: bytes depend on who computes what.
    group.receive(data.type === 'item' ? { ...data, ms: 1 } : data);
  };
  if (task.rank === 0) group.found();
  else group.join();
  for (const [rank, link] of links.entries()) {
    if (link) group.addLink(idOf(rank), { name: `peer ${rank}`, adapter: null }, link);
  }
}

function exchangeWeights(task: PeerTask, port: MessagePort, rate: number | null): void {
  const clock = new Clock(task.warmUp);
  const computes: number[] = [];
  let before = 0;
  let engine: AllToAll | null = null;
  const step = async ({ step, values, compute }: Extract<WeightsMessage, { type: 'weights' }>): Promise<void> => {
    engine ??= new AllToAll(links, values.length);
    const length = values.length;
    const mean = await engine.average(step, values);
    computes.push(compute);
    const committed = clock.tick();
    if (committed === 1) {
      before = sentBytes();
      tell({ type: 'counting' });
    }
    if (committed === task.steps) {
      const median = (all: number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
      const timed = clock.steps;
      const total = timed.reduce((sum, ms) => sum + ms, 0) / timed.length;
      const spent = median(computes);
      tell({
        type: 'finished',
        report: {
          steps: timed,
          parts: { compute: spent, communicate: Math.max(0, total - spent), update: 0, commit: 0 },
          sent: sentBytes() - before,
          rate,
          roundTrip: null,
          hash: await sha256(new Uint8Array(mean.buffer)),
          shape: { buckets: [[0, length]], matrices: [] },
        },
      });
    }
    const answer: WeightsMessage = { type: 'averaged', step, values: mean };
    port.postMessage(answer, [mean.buffer]);
  };
  port.onmessage = ({ data }: MessageEvent<WeightsMessage>) => {
    if (data.type === 'weights') step(data).catch((thrown: unknown) => fail(LatheError.from(thrown)));
  };
}
