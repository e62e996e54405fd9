/** A study with guests in one process: the real dealing over a network in memory, with trainers that only pretend. */
import type { CrewMember, HelperStatus } from '../../src/app/api';
import { TrialDealer } from '../../src/app/trial-dealer';
import { TrialHelper } from '../../src/app/trial-helper';
import { parseConfig } from '../../src/config/parse';
import type { SearchConfig } from '../../src/config/search/search';
import { splitLink } from '../../src/peers/room/split-link';
import { decodeTrialMessage, encodeTrialMessage, type TrialMessage } from '../../src/peers/room/trial-messages';
import type { SentRun } from '../../src/peers/room/trial-run-schema';
import type { TrialEvent } from '../../src/peers/room/trial-exchange';
import { MemoryNetwork } from '../../src/peers/transport/memory-network';
import type { Link } from '../../src/peers/transport/link';
import type { StudyRow, TrialRow } from '../../src/store/study';
import { Conductor, type Keeper } from '../../src/sweeps/conductor';
import type { Elsewhere, Executor, RunEnd, RunOrder } from '../../src/sweeps/executor';
import { noPruner } from '../../src/sweeps/pruners/none';
import type { Pruner } from '../../src/sweeps/pruners/pruner';
import { randomSampler } from '../../src/sweeps/samplers/random';
import { Space } from '../../src/sweeps/space/space';
import { Study } from '../../src/sweeps/study';

const CONFIG = parseConfig({});

/** Epochs of every trial. */
export const EPOCHS = 3;

/** How long an epoch takes to pretend, in milliseconds. */
const EPOCH_MS = 20;

/** A run that has ended. */
type EndedRun = Pick<SentRun['course'], 'status' | 'reason' | 'step'> & { values: number[] };

/** What a trial reaches after an epoch: a function of its config alone, whoever trains it. */
export const valueAfter = (learningRate: number, epoch: number): number => learningRate / epoch;

/** Trains nothing, in time that passes. Runs that have ended are told again. */
class Pretender implements Executor {
  readonly rows = new Map<string, EndedRun>();
  readonly trained: number[] = [];
  running = 0;
  most = 0;
  /** How the next run ends in place of being trained. */
  instead: RunEnd | null = null;
  readonly #asked = new Map<string, 'pause' | 'prune'>();

  async train(order: RunOrder): Promise<RunEnd> {
    this.#asked.delete(order.run_id);
    const known = this.rows.get(order.run_id);
    if (known) return endOf(known);
    await order.begin(null);
    this.trained.push(order.trial);
    if (this.instead) return this.instead;
    this.most = Math.max(this.most, ++this.running);
    const rate = order.config.training.optimizer.learning_rate;
    const values: number[] = [];
    const end = (status: EndedRun['status'], reason: string | null): RunEnd => {
      const row = { status, reason, values, step: values.length };
      this.rows.set(order.run_id, row);
      return endOf(row);
    };
    try {
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        await new Promise((resolve) => setTimeout(resolve, EPOCH_MS));
        const asked = this.#asked.get(order.run_id);
        if (asked === 'pause') return { kind: 'paused', reason: null, steps: values.length };
        if (asked === 'prune') return end('pruned', 'It was ended by hand.');
        values.push(valueAfter(rate, epoch));
        const prune = (await order.report?.(epoch, valueAfter(rate, epoch))) ?? null;
        if (prune !== null && epoch < EPOCHS) return end('pruned', prune);
      }
      return end('finished', null);
    } finally {
      this.running--;
    }
  }

  async leave(runId: string, how: 'pause' | 'prune'): Promise<void> {
    this.#asked.set(runId, how);
  }

  speed = (): null => null;
  memory = (): { held: number; limit: number | null } => ({ held: 0, limit: null });
  elsewhere = (): Elsewhere => ({ slots: 0, runs: new Set(), change: new Promise(() => undefined) });
}

function endOf({ status, reason, values, step }: EndedRun): RunEnd {
  if (status === 'finished') return { kind: 'complete', values: [Math.min(...values)], steps: step };
  return { kind: 'pruned', reason: reason ?? '', steps: step };
}

/** A guest, and what is known of it. */
export interface TestGuest {
  id: string;
  executor: Pretender;
  helper: TrialHelper;
  readonly status: Omit<HelperStatus, 'link' | 'study_name'> | null;
  /** Runs that it still keeps. */
  kept: () => string[];
}

/** A host with its study, and those who come. */
export class TrialRoom {
  readonly network = new MemoryNetwork({ latencyMs: 2 });
  readonly study: Study;
  readonly local = new Pretender();
  dealer: TrialDealer;
  conductor: Conductor;
  crew: CrewMember[] = [];
  /** What the study told, in order. */
  readonly told: TrialRow[] = [];
  /** Has the host's storage refuse what comes. */
  full: Error | null = null;
  readonly #hostLinks = new Map<string, Link>();
  readonly #search: SearchConfig;

  constructor({ trials, pruner = noPruner(), jobs = 1 }: { trials: number; pruner?: Pruner; jobs?: number }) {
    this.study = new Study({
      id: 's',
      name: 'study',
      seed: 1,
      directions: ['minimize'],
      space: new Space({
        'training.optimizer.learning_rate': { type: 'float', low: 0.1, high: 1, log: false, step: null, when: null },
      }),
      sampler: randomSampler(),
      pruner,
      nTrials: trials,
      maxResource: EPOCHS,
    });
    this.#search = { ...CONFIG.optimization.hyperparameter_search, n_jobs: jobs };
    this.dealer = this.#newDealer();
    this.conductor = this.#newConductor();
  }

  /** The host's page is opened again: what it had is in its store, all else is gone. */
  reopen(): void {
    this.dealer = this.#newDealer();
    this.conductor = this.#newConductor();
    for (const [id, link] of this.#hostLinks) if (!link.closed) this.#meet(id);
  }

  /** Somebody comes, with a link of its own. */
  join(id: string, slots = 1): TestGuest {
    const [here, there] = this.network.connect('host', id).map((link) => splitLink(link).trials);
    const executor = new Pretender();
    const seen: { status: TestGuest['status'] } = { status: null };
    const helper = new TrialHelper({
      executor,
      slots,
      datasetId: 'd',
      studyId: 'helped:room',
      patienceMs: 60_000,
      send: (_to, message) => there.send(encodeTrialMessage(message)),
      pack: async (runId) => packed(executor.rows.get(runId)),
      discard: async (runId) => void executor.rows.delete(runId),
      onStatus: (status) => (seen.status = status),
    });
    listen(there, 'host', (event) => helper.receive(event));
    this.#hostLinks.set(id, here);
    listen(here, id, (event) => this.dealer.receive(event));
    this.#meet(id);
    helper.receive({ type: 'trial_peer', peer: { id: 'host', name: 'host', adapter: null } });
    return {
      id,
      executor,
      helper,
      kept: () => [...executor.rows.keys()],
      get status() {
        return seen.status;
      },
    };
  }

  /** Sends what a guest never would. */
  sendAs(id: string, message: Exclude<TrialMessage, { type: 'alive' }>): void {
    this.dealer.receive({ type: 'trial_message', from: id, message });
  }

  #meet(id: string): void {
    this.dealer.receive({ type: 'trial_peer', peer: { id, name: id, adapter: 'pretended' } });
  }

  #newDealer(): TrialDealer {
    return new TrialDealer({
      local: this.local,
      send: (to, message) => this.#hostLinks.get(to)?.send(encodeTrialMessage(message)),
      knows: async (runId) => this.local.rows.has(runId),
      take: async (from, run, order) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (this.full) throw this.full;
        if (this.#hostLinks.get(from.id)?.closed) throw new Error('It is gone.');
        const { status, reason, step, latest } = run.course;
        this.local.rows.set(order.run_id, { status, reason, step, values: Object.values(latest) });
      },
      onCrew: (crew) => (this.crew = crew),
    });
  }

  #newConductor(): Conductor {
    const running = this.study.trials.filter(({ state }) => state === 'running').map((trial) => orderOf(trial));
    const events = { trial: (trial: TrialRow) => void this.told.push(trial) };
    return new Conductor({ study: STUDY, running }, this.#search, keeperOf(this.study), this.dealer, events);
  }
}

function listen(link: Link, from: string, take: (event: TrialEvent) => void): void {
  link.onMessage = (bytes) => {
    const message = decodeTrialMessage(bytes);
    if (message && message.type !== 'alive') take({ type: 'trial_message', from, message });
  };
  link.onClose = () => take({ type: 'trial_gone', id: from });
}

function orderOf(trial: TrialRow) {
  const { training } = CONFIG;
  const learning_rate = Number(trial.params['training.optimizer.learning_rate']);
  return {
    trial,
    configs: [{ ...CONFIG, training: { ...training, optimizer: { ...training.optimizer, learning_rate } } }],
  };
}

function keeperOf(study: Study): Keeper {
  return {
    ask: async () => {
      const asked = study.ask(0);
      return asked && orderOf(study.note(asked.number, { run_ids: [`run-${asked.number}`] }));
    },
    begin: async (number, worker, anew) => study.begin(number, worker, anew),
    report: async (number, step, value) => {
      const prune = study.report(number, step, value);
      return { trial: study.trials[number], prune };
    },
    tell: async (number, outcome, steps) => {
      study.note(number, { steps });
      return study.tell(number, outcome, 1);
    },
  };
}

function packed(row: EndedRun | undefined): SentRun {
  if (!row) throw new Error('There is no such run.');
  return {
    course: {
      status: row.status,
      reason: row.reason,
      step: row.step,
      epoch: row.step,
      latest: Object.fromEntries(row.values.map((value, i) => [`epoch ${i}`, value])),
      best: {},
      backend: null,
      model: null,
      preprocessing: null,
      total_steps: EPOCHS,
      seconds: 1,
      samples_per_second: null,
      metrics: null,
      confusion: { val: null, test: null },
      weights_sha256: null,
      notices: [],
    },
    log: [],
    curves: { blob: { hash: 'ab'.repeat(32), bytes: 0 }, series: [] },
    checkpoint: null,
  };
}

const STUDY: StudyRow = {
  id: 's',
  name: 'study',
  created: 0,
  updated: 0,
  deleted_at: null,
  status: 'running',
  reason: null,
  config: CONFIG,
  config_hash: null,
  dataset_id: 'd',
  dataset_name: 'data',
  dataset_hash: null,
  objectives: [{ metric: 'val_loss', direction: 'minimize' }],
  space: {},
  warm_start: null,
  notes: '',
  tags: [],
  counts: { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 },
  best: null,
  seconds: 0,
  steps: 0,
  notices: [],
};
