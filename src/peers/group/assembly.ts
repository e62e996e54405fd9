/** Puts the parts of one peer together: each is made once, of those before it, and tells the rest by events. */
import { LatheError } from '../../base/errors';
import type { Committed } from '../../training/collective';
import type { DropReason } from '../status';
import { Admission } from './admission';
import { AwakeClock } from './awake-clock';
import { Collectives } from './collectives';
import { Coordinator } from './coordinator';
import { Departures } from './departures';
import { Dispatch } from './dispatch';
import { Membership } from './membership';
import type { Message } from './messages';
import { OwnModel } from './own-model';
import { DEFAULT_TIMING, type GroupOptions } from './parts';
import { PeerLinks, type PeerLink } from './peer-links';
import { Place } from './place';
import { Reports } from './reports';
import { Sessions } from './sessions';
import { Speeds } from './speeds';
import { StateServer } from './state-server';
import { Tally } from './tally';
import { TrainerLine } from './trainer-line';
import { TrainerStarts } from './trainer-starts';
import type { TransactionState } from './transaction';
import { TransactionLog } from './transaction-log';
import { idOf, type Point } from './view';

/** Times that deadlines are looked at between two heartbeats. */
export const TICKS_PER_BEAT = 5;

/** What the parts tell, and what follows from it is decided outside of them. */
export interface PeerEvents {
  onMessage(from: PeerLink, message: Message): void;
  onFrame(from: PeerLink, frame: Uint8Array): void;
  /** A view was installed here. */
  onInstalled(): void;
  /** The view is installed everywhere. */
  onActive(): void;
  onCommitted(tx: TransactionState, committed: Committed): void;
  /** The state was fetched that this peer begins with. */
  onState(at: Point, training: string): void;
  /** The trainer was started. */
  onTrainer(): void;
  /** Nobody else is left, and nobody knows how training stands but the trainer. */
  onAlone(): void;
  /** The group goes on without this peer. */
  onOut(reason: string): void;
  /** This peer must ask to be let in anew. */
  onBegunAnew(): void;
  /** The group is over for this peer; null: it left. */
  onEnd(error: LatheError | null): void;
}

/** The parts of one peer. */
export type PeerParts = ReturnType<typeof assemble>;

/** Makes the parts of one peer. They are not to be used before this returns. */
export function assemble(options: GroupOptions, events: PeerEvents) {
  const { parts, witness, worldSize, me } = options;
  const tally = new Tally();
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const { heartbeat, silence } = timing;
  const clock = new AwakeClock(heartbeat / TICKS_PER_BEAT, heartbeat + silence / 2);
  const place = new Place(me.id);
  const speeds = new Speeds(clock);
  const sessions = new Sessions((config, shape) => parts.createSession(config, shape));
  const links = new PeerLinks(timing, clock, {
    onMessage: (from, message) => events.onMessage(from, message),
    onFrame: (from, frame) => events.onFrame(from, frame),
    onLost: () => {
      departures.forget((id) => !links.knew(id) && !admission.countsOn(id));
      coordinator.steer();
    },
    onDrop: (reason) => tally.drop(reason),
  });
  // What all parts may use; each sees of it what its host names.
  const common = {
    timing,
    clock,
    place,
    links,
    drop: (reason: DropReason) => tally.drop(reason),
    broadcast: (message: Message) => links.sendTo(place.others, message),
    send: (id: string, message: Message) => links.send(id, message),
  };
  const model: OwnModel = new OwnModel({
    createReplica: (setup) => parts.createReplica(setup),
    committed: () => log.committed.seq,
    toTrainer: options.toTrainer,
  });
  const trainer = new TrainerLine(options.toTrainer, () => {
    const { tag, weights } = log.parameters();
    return { tag, weights: weights() };
  });
  /** Milliseconds that a word of a member takes to come here, without a load. */
  const oneWay = (member: number): number => {
    const id = place.view && idOf(place.view, member);
    return ((id && links.get(id)?.leastRoundTrip) || 0) / 2;
  };
  const departures = new Departures({
    ...common,
    onLeft: () => events.onEnd(null),
    onForgotten: () => events.onBegunAnew(),
  });
  const log: TransactionLog = new TransactionLog({
    ...common,
    sessions,
    model,
    trainer,
    createExchange: (made) => parts.createExchange(made),
    nameOf: (id) => (id === me.id ? me.name : (links.get(id)?.hello.name ?? '')),
    sendBulk: (to, message) => {
      const id = place.view ? idOf(place.view, to) : null;
      if (id !== null) links.get(id)?.queue.push(message);
    },
    onCommitted: (tx, committed) => events.onCommitted(tx, committed),
    onMismatch: (tx) => coordinator.onMismatch(tx),
    mayVote: (tx, contributions) => coordinator.mayVote(tx, contributions),
    onContributions: (contributions) => coordinator.guard.committed(contributions),
    onDiverged: () => departures.stepDown('Its parameters are not those of the group.'),
    onResult: (tx, member, result) => {
      if (!tx.proposal) return;
      speeds.result(member, tx.seq, tx.proposal.transaction.kind, result);
      tx.times.computed = Math.max(tx.times.computed ?? 0, clock.now() - oneWay(member));
    },
  });
  const membership: Membership = new Membership({
    ...common,
    log,
    trainer,
    departures,
    witness,
    worldSize,
    knowsTraining: (seq) => server.trainingAt(seq) !== null,
    newcomers: () => coordinator.newcomers(),
    codec: () => coordinator.codec,
    dismissed: () => coordinator.dismissed(),
    onStays: (id) => {
      coordinator.onStays(id);
      departures.onBack(id);
    },
    onInstalled: () => events.onInstalled(),
    onActive: () => events.onActive(),
    onOut: (reason) => events.onOut(reason),
  });
  const server: StateServer = new StateServer({
    ...common,
    committed: () => (membership.active && model.replica ? log.committed.seq : null),
    sendBulk: (id, message) => links.get(id)?.queue.push(message),
    isWaiting: (id, like) => links.get(id)?.queue.has(like) ?? false,
  });
  const coordinator: Coordinator = new Coordinator({ ...common, log, membership, trainer, speeds, departures });
  const collectives = new Collectives(common);
  const starts = new TrainerStarts({
    ...common,
    membership,
    log,
    trainer,
    model,
    coordinator,
    onStarted: () => events.onTrainer(),
    onAlone: () => events.onAlone(),
    onLost: (error) => events.onEnd(error),
  });
  const admission: Admission = new Admission({
    ...common,
    membership,
    log,
    trainer,
    model,
    departures,
    fromChunks: (chunks) => parts.fromChunks(chunks),
    onState: (at, training) => events.onState(at, training),
    onFailed: () => events.onBegunAnew(),
    onDeserted: (error) => events.onEnd(error),
  });
  const reports = new Reports({ ...common, membership, log, trainer, coordinator });
  const dispatch = new Dispatch({
    ...common,
    model,
    membership,
    coordinator,
    log,
    server,
    admission,
    departures,
    starts,
    collectives,
    onRejected: (reason) => events.onEnd(new LatheError('training', reason)),
    onDissolved: () => {
      if (!trainer.present) departures.stepDown('Nobody in it knows how training stands.');
    },
  });
  return {
    timing,
    clock,
    place,
    tally,
    speeds,
    links,
    model,
    sessions,
    trainer,
    departures,
    log,
    membership,
    server,
    coordinator,
    collectives,
    starts,
    admission,
    reports,
    dispatch,
  };
}
