/** Messages of other peers to where they belong: only from those who may say such a thing, and only in their view. */
import type { DropReason } from '../status';
import type { Admission } from './admission';
import type { Collectives } from './collectives';
import type { Coordinator } from './coordinator';
import type { Departures } from './departures';
import type { Membership } from './membership';
import type { Message, MessageOf } from './messages';
import type { Place } from './place';
import type { StateServer } from './state-server';
import type { TrainerStarts } from './trainer-starts';
import type { TransactionLog } from './transaction-log';
import { numberOf, type View } from './view';

/** Where messages go. */
export interface DispatchHost {
  readonly place: Place;
  readonly membership: Membership;
  readonly coordinator: Coordinator;
  readonly log: TransactionLog;
  readonly server: StateServer;
  readonly admission: Admission;
  readonly departures: Departures;
  readonly starts: TrainerStarts;
  readonly collectives: Collectives;
  /** What is trained here. */
  readonly model: { readonly print: string };
  drop(reason: DropReason): void;
  /** The group does not let this peer in. */
  onRejected(message: string): void;
  /** The coordinator gives the group up: no trainer is left in it. */
  onDissolved(): void;
}

/** Messages kept that came before the view they belong to. */
const MOST_EARLY = 4096;

/** Messages that may arrive before the view that they belong to is installed here. */
const OF_A_VIEW: ReadonlySet<Message['type']> = new Set([
  'proposal',
  'partial',
  'norms',
  'vote',
  'gather',
  'installed',
  'caught_up',
]);

/** The dispatch at one peer. */
export class Dispatch {
  private early: { from: string; epoch: number; message: Message }[] = [];

  constructor(private readonly host: DispatchHost) {}

  /** Passes on a message that came over the link to `from`, or keeps it for its view. */
  message(from: string, message: Message): void {
    const { view } = this.host.membership;
    if (OF_A_VIEW.has(message.type) && 'epoch' in message && message.epoch > (view?.epoch ?? 0)) {
      if (!this.host.membership.mayBe(message.epoch)) {
        this.host.drop('malformed');
        return;
      }
      this.early.push({ from, epoch: message.epoch, message });
      if (this.early.length > MOST_EARLY) {
        this.early.shift();
        this.host.drop('stale');
      }
    } else this.fromAnybody(from, message);
  }

  /** A view was installed: what came early for it is passed on. */
  installed(view: View): void {
    const { early } = this;
    this.early = early.filter(({ epoch }) => epoch > view.epoch);
    for (const { from, epoch, message } of early) {
      if (epoch !== view.epoch) continue;
      if (this.host.place.view !== view) return;
      this.message(from, message);
    }
  }

  /** Forgets what came early. */
  clear(): void {
    this.early = [];
  }

  private fromAnybody(from: string, message: Message): void {
    const { host } = this;
    const { membership, departures, coordinator, server } = host;
    const { view } = host.place;
    switch (message.type) {
      case 'join':
        departures.onBack(from);
        coordinator.onJoin(from, message, host.model.print);
        return;
      case 'rejected':
        if (!view) host.onRejected(message.message);
        return;
      case 'leave':
        departures.onLeave(from);
        coordinator.onLeave(from);
        return;
      case 'dissolve':
        if (view?.members[0].id === from) host.onDissolved();
        else host.drop('stranger');
        return;
      case 'prepare':
        membership.onPrepare(from, message);
        return;
      case 'promise':
        membership.onPromise(from, message);
        return;
      case 'refuse':
        membership.onRefuse(from, message);
        return;
      case 'install':
        membership.onInstall(from, message);
        return;
      case 'ask_list':
        server.onAskList(from, message.seq);
        return;
      case 'ask_training':
        server.onAskTraining(from, message.seq);
        return;
      case 'fetch':
        server.onFetch(from, message.seq, message.chunks);
        return;
      case 'list':
      case 'no_state':
      case 'training':
        if (view?.members.some(({ id }) => id === from)) this.ofState(from, message);
        else host.drop('stranger');
        return;
      default:
        this.fromView(from, message);
    }
  }

  private ofState(from: string, message: MessageOf<'list' | 'no_state' | 'training'>): void {
    const { admission, starts } = this.host;
    const fetched = admission.onMessage(from, message);
    const started = message.type === 'training' && starts.onTraining(message);
    if (!fetched && !started) this.host.drop('stale');
  }

  /** What only those in the view may say. */
  private fromView(from: string, message: Message): void {
    const { membership, coordinator } = this.host;
    const { view } = this.host.place;
    const member = view ? numberOf(view, from) : null;
    if (!view || member === null) {
      this.host.drop('stranger');
      return;
    }
    const isMember = view.members.some(({ id }) => id === from);
    if (message.type === 'trainer') {
      membership.trainers.set(member, message.present);
      if (!message.present) coordinator.onTrainerGone(member);
    } else if (message.type === 'caught_up') {
      if (message.epoch === view.epoch && !isMember) coordinator.onCaughtUp(from, member, message.at.seq);
    } else if (message.type === 'proposal') {
      if (view.members[0].id === from) this.host.log.onProposal(message);
      else this.host.drop('stranger');
    } else if (isMember) this.fromMember(member, message, view);
    else this.host.drop('stranger');
  }

  /** What only members may say. */
  private fromMember(member: number, message: Message, view: View): void {
    const { membership, coordinator, log, collectives } = this.host;
    switch (message.type) {
      case 'installed':
        membership.onInstalled(member, message.epoch, message.trainer);
        return;
      case 'entered':
        coordinator.onEntered(message);
        return;
      case 'stop':
        coordinator.onStop();
        return;
      case 'partial':
        log.onPartial(member, message);
        return;
      case 'gather':
        if (message.epoch === view.epoch) collectives.onGather(member, message);
        else this.host.drop('stale');
        return;
      case 'norms':
        log.onNorms(member, message);
        return;
      case 'vote':
        log.onVote(member, message);
        return;
      default:
        this.host.drop('malformed');
    }
  }
}
