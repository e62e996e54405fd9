/** What is measured of a group: how fast each member computes, and what a step is spent on. */
import type { StepParts } from '../status';
import type { AwakeClock } from './awake-clock';
import type { ItemResult, TransactionState } from './transaction';

/** Weight of the newest measurement in a moving mean. */
const GAIN = 0.2;

/** Steps that means are taken over. */
const STEPS = 20;

/** Milliseconds below which a clock tells nothing of an item. */
const LEAST_MS = 0.001;

/** Transactions that a late member is dealt nothing, the first time and at most. */
const LEAST_PAUSE = 1;
const MOST_PAUSE = 256;

/** Items that the speed of a member is the median of. */
const RECENT = 5;

/**
 * What a member that is dealt nothing is taken to need for an item falls by this factor from one transaction to the next:
 * it is measured again, a member ten times slower than the others after 47.
 */
const FORGIVES = 1.05;

interface Speed {
  /** Milliseconds of its last items. */
  recent: number[];
  /** Items in all. */
  items: number;
  /** Last transaction that it computed an item of. */
  seq: number;
  /** Examples a second; null: none counted yet. */
  rate: number | null;
  late: number;
  /** Late times in a row. */
  row: number;
  /** Transaction until which it is dealt nothing. */
  pausedUntil: number;
}

/** The middle one, the upper of two; null where there is none. */
const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : [...values].sort((a, b) => a - b)[values.length >> 1];

/** Measurements at one peer, of all members. */
export class Speeds {
  private readonly members = new Map<number, Speed>();
  private readonly steps: StepParts[] = [];
  private lastCommit: number | null = null;

  constructor(private readonly clock: AwakeClock) {}

  private of(member: number): Speed {
    const speed = this.members.get(member) ?? {
      recent: [],
      items: 0,
      seq: 0,
      rate: null,
      late: 0,
      row: 0,
      pausedUntil: -1,
    };
    this.members.set(member, speed);
    return speed;
  }

  /** An item of transaction `seq` was computed. */
  result(member: number, seq: number, kind: 'update' | 'evaluation', { ms, examples }: ItemResult): void {
    const speed = this.of(member);
    speed.row = 0;
    if (kind !== 'update' || ms < LEAST_MS) return;
    // What was measured long ago tells nothing beside what is measured now.
    if (seq - speed.seq > RECENT) speed.recent = [];
    speed.seq = seq;
    // The first item holds what is done once: pipelines are compiled, memory is allocated.
    if (speed.items++ === 0) return;
    speed.recent.push(ms);
    if (speed.recent.length > RECENT) speed.recent.shift();
    const rate = (examples / ms) * 1000;
    speed.rate = speed.rate === null ? rate : speed.rate + GAIN * (rate - speed.rate);
  }

  /** A member was late with transaction `seq`. */
  late(member: number, seq: number): void {
    const speed = this.of(member);
    speed.late++;
    speed.pausedUntil = seq + Math.min(MOST_PAUSE, LEAST_PAUSE * 2 ** speed.row);
    speed.row++;
  }

  /** Relative speeds for the deal of transaction `seq`, integers from 0 to 1024, one a member. */
  shares(seq: number, members: readonly number[], able: (member: number) => boolean): number[] {
    const free = members.map((member) => able(member) && this.of(member).pausedUntil < seq);
    const usable = free.some((yes) => yes) ? free : members.map(able);
    const measured = members.map((member) => median(this.of(member).recent));
    const known = measured.filter((ms) => ms !== null).sort((a, b) => a - b);
    if (known.length === 0) return usable.map((yes) => (yes ? 1024 : 0));
    const [fastest] = known;
    const typical = known[known.length >> 1];
    return members.map((member, rank) => {
      if (!usable[rank]) return 0;
      const idle = Math.max(0, seq - this.of(member).seq - 1);
      const ms = Math.max(fastest, (measured[rank] ?? typical) / FORGIVES ** idle);
      return Math.max(1, Math.round((1024 * fastest) / ms));
    });
  }

  rate(member: number): number | null {
    return this.members.get(member)?.rate ?? null;
  }

  timesLate(member: number): number {
    return this.members.get(member)?.late ?? 0;
  }

  /** A transaction was committed here. */
  committed(tx: TransactionState): void {
    const now = this.clock.now();
    const before = this.lastCommit;
    this.lastCommit = now;
    const { proposed, computed, gathered, update, voted } = tx.times;
    if (tx.proposal?.transaction.kind !== 'update' || before === null || proposed === null || gathered === null) return;
    // The commit of the step before lies within this one's computation: the parts may add up to more than the step.
    // Waiting for an item of somebody else is computation too: what comes after the last of them is communication.
    const done = Math.max(proposed, computed ?? proposed);
    this.steps.push({
      step: now - before,
      compute: done - proposed,
      communicate: Math.max(0, gathered - done),
      update,
      commit: voted === null ? 0 : now - voted,
    });
    if (this.steps.length > STEPS) this.steps.shift();
  }

  /** Means over the last steps. */
  get parts(): StepParts | null {
    if (this.steps.length === 0) return null;
    const mean = (part: keyof StepParts): number =>
      this.steps.reduce((sum, step) => sum + step[part], 0) / this.steps.length;
    return {
      step: mean('step'),
      compute: mean('compute'),
      communicate: mean('communicate'),
      update: mean('update'),
      commit: mean('commit'),
    };
  }

  /** Median milliseconds of a step; null before the first ones. */
  get medianStep(): number | null {
    if (this.steps.length < 3) return null;
    return median(this.steps.map(({ step }) => step));
  }

  /**
   * Milliseconds that a step should take with one more peer: computation is shared by one more, and each peer sends and
   * receives a share of (N - 1) / N of the vector.
   */
  withOneMore(members: number): number | null {
    const parts = this.parts;
    // A group of one has no communication to tell from.
    if (!parts || members < 2) return null;
    const rest = Math.max(0, parts.step - parts.compute - parts.communicate);
    const traffic = members / (members + 1) / ((members - 1) / members);
    return (parts.compute * members) / (members + 1) + parts.communicate * traffic + rest;
  }

  /** Forgets all but these members: numbers are never given again. */
  keep(members: ReadonlySet<number>): void {
    for (const member of this.members.keys()) if (!members.has(member)) this.members.delete(member);
  }

  /** Forgets who was who: member numbers are those of another group. */
  clear(): void {
    this.members.clear();
    this.steps.length = 0;
    this.lastCommit = null;
  }
}
