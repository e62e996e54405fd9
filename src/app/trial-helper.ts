/**
 * Trains trials of somebody else's study in this browser: takes those that the host of a room deals it, reports as the
 * host's pruner needs it, hands the runs over, and keeps nothing of them.
 */
import { deferred, type Deferred } from '../base/deferred';
import { LatheError } from '../base/errors';
import { newId } from '../base/ids';
import { parseConfig } from '../config/parse';
import { sentence, type DealtTrial, type TrialMessage } from '../peers/room/trial-messages';
import type { SentRun } from '../peers/room/trial-run-schema';
import type { TrialEvent } from '../peers/room/trial-exchange';
import type { Executor, RunEnd } from '../sweeps/executor';
import type { HelperStatus } from './api';

/** What a helper needs of the browser that it is in. */
export interface HelperParts {
  executor: Executor;
  /** How many trials it trains at once. */
  slots: number;
  datasetId: string;
  /** What the rows of its runs name as their study: one that this browser does not have. */
  studyId: string;
  send: (to: string, message: TrialMessage) => void;
  /** What is told of a run, whose blobs are handed out until `discard`. */
  pack: (runId: string) => Promise<SentRun>;
  /** Removes a run with all that it wrote. */
  discard: (runId: string) => Promise<void>;
  /** How long it waits for a host that is gone, in milliseconds. */
  patienceMs: number;
  onStatus: (status: Omit<HelperStatus, 'link' | 'study_name'>) => void;
}

/** A trial that trains here. */
interface Trial {
  number: number;
  runId: string;
  from: string;
  /** The host does not want its run. */
  dropped: boolean;
  /** Its slot is free again, though its run may not be removed yet. */
  over: boolean;
  /** Settles when the host has the run, or is gone. */
  handedOver: Deferred<undefined>;
  /** Verdicts that are awaited, by epoch. */
  verdicts: Map<number, (prune: string | null) => void>;
}

/** Helps in one room. */
export class TrialHelper {
  /** Settles when it is over, with why. */
  readonly ended: Promise<string | null>;
  readonly #parts: HelperParts;
  readonly #end = deferred<string | null>();
  /** By ticket. */
  readonly #trials = new Map<number, Trial>();
  readonly #going = new Set<Promise<void>>();
  #host: string | null = null;
  #state: HelperStatus['state'] = 'waiting';
  #reason: string | null = null;
  #done = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: HelperParts) {
    this.#parts = parts;
    this.ended = this.#end.promise;
    this.#wait(null);
  }

  /** Takes what is heard of the others. */
  receive(event: TrialEvent): void {
    if (this.#state === 'ended') return;
    switch (event.type) {
      case 'trial_peer':
        return this.#offer(event.peer.id);
      case 'trial_gone':
        for (const trial of this.#trials.values()) if (trial.from === event.id) this.#drop(trial);
        if (event.id === this.#host) this.#wait('The host of the study is not heard of any more.');
        return;
      case 'trial_fault':
        if (event.from !== this.#host) return;
        return void this.leave('The host of the study sent something that this version of Lathe cannot read.');
      case 'trial_message':
        return this.#read(event.from, event.message);
    }
  }

  /** Stops: trials that run here are dealt to others. Resolves once nothing of them is left here. */
  async leave(reason: string | null): Promise<void> {
    if (this.#state !== 'ended') {
      this.#quit();
      this.#state = 'ended';
      this.#reason = reason;
      this.#host = null;
      clearTimeout(this.#patience);
      this.#dropAll();
      this.#tell();
      this.#end.resolve(reason);
    }
    await Promise.all(this.#going);
  }

  #offer(to: string): void {
    this.#parts.send(to, { type: 'offer', slots: this.#parts.slots });
  }

  #read(from: string, message: TrialMessage): void {
    switch (message.type) {
      case 'hiring':
        return this.#offer(from);
      case 'hired':
        clearTimeout(this.#patience);
        this.#host = from;
        this.#state = 'working';
        this.#reason = null;
        return this.#tell();
      case 'train':
        if (from === this.#host) this.#begin(from, message.order);
        return;
      case 'dismissed':
        if (from !== this.#host) return;
        if (message.back) this.#wait(message.reason);
        else void this.leave(message.reason);
        return;
      case 'verdict':
      case 'leave':
      case 'received': {
        const trial = this.#trials.get(message.ticket);
        if (trial?.from !== from) return;
        if (message.type === 'verdict') trial.verdicts.get(message.epoch)?.(message.prune);
        else if (message.type === 'received') this.#release(trial);
        else if (message.how === 'drop') this.#drop(trial);
        else void this.#parts.executor.leave(trial.runId, 'prune');
        return;
      }
      default: // What only a guest says.
    }
  }

  /** The host is not there, or has nothing to do: it may come back. */
  #wait(reason: string | null): void {
    this.#quit();
    this.#host = null;
    this.#state = 'waiting';
    this.#reason = reason;
    this.#dropAll();
    clearTimeout(this.#patience);
    const minutes = Math.round(this.#parts.patienceMs / 6_000) / 10;
    this.#patience = setTimeout(
      () =>
        void this.leave(
          `The host of the study was not heard of for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}. Open the link again when it is back.`,
        ),
      this.#parts.patienceMs,
    );
    this.#tell();
  }

  #begin(from: string, order: DealtTrial): void {
    const busy = [...this.#trials.values()].filter(({ over }) => !over);
    if (this.#trials.has(order.ticket) || busy.length >= this.#parts.slots) {
      const reason = 'All of its slots are taken.';
      return this.#parts.send(from, { type: 'given_back', ticket: order.ticket, reason });
    }
    const going = this.#conduct(from, order).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** Trains a trial and hands its run over. */
  async #conduct(from: string, order: DealtTrial): Promise<void> {
    const { ticket } = order;
    const trial: Trial = {
      number: order.trial,
      runId: newId(),
      from,
      dropped: false,
      over: false,
      handedOver: deferred<undefined>(),
      verdicts: new Map(),
    };
    this.#trials.set(ticket, trial);
    this.#tell();
    try {
      const end = await this.#train(trial, order);
      if (trial.dropped) return;
      if (end.kind === 'complete' || end.kind === 'pruned' || end.kind === 'failed') {
        const run = await this.#parts.pack(trial.runId);
        this.#parts.send(from, { type: 'result', ticket, run });
        await trial.handedOver.promise;
        if (!trial.dropped) this.#done++;
      } else {
        throw new LatheError('training', (end.kind !== 'lost' && end.reason) || 'This browser cannot train the trial.');
      }
    } catch (thrown) {
      const { message } = LatheError.from(thrown);
      if (!trial.dropped) this.#parts.send(from, { type: 'given_back', ticket, reason: sentence(message) });
      // Another trial would fare no better here. It is not waited for: this trial is one of those that leave.
      void this.leave(message);
    } finally {
      await this.#discard(trial);
      this.#trials.delete(ticket);
      this.#tell();
    }
  }

  async #train(trial: Trial, { ticket, config, objectives, value, reports }: DealtTrial): Promise<RunEnd> {
    const { executor, datasetId, studyId, send } = this.#parts;
    const report = (epoch: number, reached: number): Promise<string | null> => {
      if (trial.dropped) return Promise.resolve(NOT_WANTED);
      return new Promise((resolve) => {
        trial.verdicts.set(epoch, (prune) => {
          trial.verdicts.delete(epoch);
          resolve(prune);
        });
        send(trial.from, { type: 'report', ticket, epoch, value: reached });
      });
    };
    return executor.train({
      study_id: studyId,
      trial: trial.number,
      run_id: trial.runId,
      config: parseConfig(config),
      dataset_id: datasetId,
      objectives,
      value,
      report: reports ? report : null,
      begin: async () => undefined,
    });
  }

  async #discard({ runId }: Trial): Promise<void> {
    try {
      await this.#parts.discard(runId);
    } catch (error) {
      // Its rows stay until they are collected; the trial itself is where it should be.
      reportError(error);
    }
  }

  #dropAll(): void {
    for (const trial of this.#trials.values()) this.#drop(trial);
  }

  #drop(trial: Trial): void {
    trial.dropped = true;
    this.#release(trial);
    for (const settle of [...trial.verdicts.values()]) settle(NOT_WANTED);
    void this.#parts.executor.leave(trial.runId, 'prune');
  }

  /** Tells the host that nothing trains here any more. */
  #quit(): void {
    if (this.#host !== null) this.#parts.send(this.#host, { type: 'offer', slots: 0 });
  }

  #release(trial: Trial): void {
    trial.over = true;
    trial.handedOver.resolve(undefined);
  }

  #tell(): void {
    this.#parts.onStatus({
      state: this.#state,
      reason: this.#reason,
      slots: this.#parts.slots,
      done: this.#done,
      trials: [...this.#trials.values()]
        .filter(({ over }) => !over)
        .map(({ number, runId }) => ({ number, run_id: runId })),
    });
  }
}

/** Why a run ends whose trial is trained elsewhere now. */
const NOT_WANTED = 'The host does not want it any more.';
