/**
 * How many trials run at once. A number is a number. `auto` measures: it lets one more trial run, compares the examples a
 * second of all of them together with those of one fewer, and keeps the addition where it makes the study faster and the
 * device's memory has room.
 */

/** What trials do at the moment. */
export interface Load {
  /** Examples a second of each run that trains; null where not known yet. */
  speeds: readonly (number | null)[];
  /** Bytes of device memory that they hold. */
  held: number;
  /** Bytes that there are; null: unknown. */
  limit: number | null;
}

/** The gain in examples a second below which another trial is not worth its memory. */
const WORTH = 1.1;
/** Trials at once that `auto` tries at most. */
const MOST = 8;
/** Share of the device's memory that trials may take. */
const ROOM = 0.8;
/** Looks that a measurement takes. Trials differ in size: a longer one averages over more of them. */
const LOOKS = 10;
/** Between two looks. */
const TICK_MS = 1000;

/** Decides how many trials may run. */
export class Slots {
  #open: number;
  #settled: boolean;
  /** Examples a second with one trial fewer. */
  #before = 0;
  #looks = 0;
  #sum = 0;
  #held = 0;

  constructor(jobs: number | 'auto') {
    this.#open = jobs === 'auto' ? 1 : jobs;
    this.#settled = jobs !== 'auto';
  }

  /** How many trials may run. */
  get open(): number {
    return this.#open;
  }

  /** Whether the number is final. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Takes a look at what runs. Looks at fewer trials than may run, or at some that only begin, do not count. */
  look({ speeds, held, limit }: Load): void {
    if (this.#settled || speeds.length < this.#open) return;
    let total = 0;
    for (const speed of speeds) {
      if (speed === null) return;
      total += speed;
    }
    this.#sum += total;
    this.#held = Math.max(this.#held, held);
    if (++this.#looks < LOOKS) return;
    this.#decide(this.#sum / this.#looks, limit);
    this.#looks = this.#sum = 0;
  }

  /** Resolves when it is time to look again; never where nothing is measured. */
  tick(): Promise<void> {
    return this.#settled ? new Promise(() => undefined) : new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }

  #decide(speed: number, limit: number | null): void {
    if (this.#open > 1 && speed < WORTH * this.#before) {
      this.#open--;
      this.#settled = true;
      return;
    }
    const room = limit === null || (this.#held / this.#open) * (this.#open + 1) <= ROOM * limit;
    if (room && this.#open < MOST) {
      this.#before = speed;
      this.#open++;
    } else this.#settled = true;
  }
}
