/** When checkpoints of a run are due, and which of them, or which part, this trainer writes. It writes none itself. */
import type { ResolvedConfig } from '../config/schema';
import { COPIES } from '../store/parts';
import type { CheckpointReason } from '../store/schema';
import type { Place, Updates } from './updates';

/** What of the config decides. */
export type CheckpointSettings = Pick<ResolvedConfig['training'], 'checkpoints' | 'distributed'>;

/** What a trainer leaves with is its own. */
const leaves = (reason: CheckpointReason): boolean => reason === 'pause' || reason === 'leave';

/** The plan of one sitting. */
export class CheckpointPlan {
  readonly #settings: CheckpointSettings;
  readonly #perEpoch: number;
  readonly #group: Pick<Updates, 'leads' | 'place'>;
  #lastAt = performance.now();
  #last: number;
  #lastWhole: number;
  /** In a group: the step of the next checkpoint that is due by the clock. */
  #agreed: number | null = null;

  /**
   * @param perEpoch steps
   * @param group who trains the run
   * @param kept step of the checkpoint from which the run goes on; -1: there is none yet
   */
  constructor(settings: CheckpointSettings, perEpoch: number, group: Pick<Updates, 'leads' | 'place'>, kept: number) {
    this.#settings = settings;
    this.#perEpoch = perEpoch;
    this.#group = group;
    this.#last = this.#lastWhole = kept;
  }

  /** Step of the checkpoint written last, or left to another trainer of the run; -1: there is none. */
  get last(): number {
    return this.#last;
  }

  /** Step of the checkpoint written last here, whole; -1: there is none. */
  get lastWhole(): number {
    return this.#lastWhole;
  }

  /** Whether it is time for a checkpoint by the clock of this trainer. */
  get overdue(): boolean {
    const { every_minutes } = this.#settings.checkpoints;
    return every_minutes !== null && performance.now() - this.#lastAt >= every_minutes * 60_000;
  }

  /** One of a group is overdue: all of them write a checkpoint after `step`, unless they have agreed on one already. */
  agree(step: number): void {
    this.#agreed ??= step;
  }

  /** Whether a checkpoint is due after a step; in a group all of its members say the same. */
  due(step: number): boolean {
    if (step === this.#last) return false;
    const byClock = !this.#settings.distributed.enabled && this.overdue;
    return byClock || this.#isEvery(step) || (step > 0 && step === this.#agreed);
  }

  /** Why a checkpoint that is due after a step within an epoch is written. */
  reasonAfter(step: number): 'steps' | 'minutes' {
    return this.#isEvery(step) ? 'steps' : 'minutes';
  }

  #isEvery(step: number): boolean {
    const { every_steps } = this.#settings.checkpoints;
    return every_steps !== null && step > 0 && step % every_steps === 0;
  }

  /** Steps from `next` to the next checkpoint before the end of its epoch; null: there is none, or it is not written here. */
  stepsUntilDue(next: number): number | null {
    if (!this.writes('steps')) return null;
    const { every_steps } = this.#settings.checkpoints;
    const bySteps = every_steps === null ? Infinity : Math.ceil(next / every_steps) * every_steps;
    const byClock = this.#agreed !== null && this.#agreed >= next ? this.#agreed : Infinity;
    const due = Math.min(bySteps, byClock);
    return due < Math.ceil(next / this.#perEpoch) * this.#perEpoch ? due - next : null;
  }

  /** Whether a checkpoint that is written for this reason is, or a part of it is, written here. */
  writes(reason: CheckpointReason): boolean {
    if (leaves(reason)) return true;
    const { checkpoints } = this.#settings.distributed;
    if (checkpoints === 'one') return this.#group.leads;
    // The first weights follow from the config, and nobody knows yet who there is to share them with.
    return checkpoints === 'all' || reason !== 'start';
  }

  /** Where checkpoints are kept in parts: the place that says which of them are written here. */
  placeFor(reason: CheckpointReason): Place | null {
    if (this.#settings.distributed.checkpoints !== 'sharded') return null;
    const { rank, members } = this.#group.place;
    // Whoever leaves takes all with it: it can go on from there by itself.
    return leaves(reason) ? { rank: 0, members: [members[rank] ?? ''] } : this.#group.place;
  }

  /** A checkpoint of `step` is being made: what was agreed on for it is met. */
  begin(reason: CheckpointReason, step: number): void {
    if (!leaves(reason) || (this.#agreed ?? Infinity) <= step) this.#agreed = null;
  }

  /** None is written here: others have it, or nobody. */
  skipped(step: number): void {
    this.#last = step;
    this.#lastAt = performance.now();
  }

  /** It was written, or the part of it that a place has. */
  written(step: number, place: Place | null): void {
    this.skipped(step);
    if (!place || (place.rank >= 0 && place.members.length <= COPIES)) this.#lastWhole = step;
  }
}
