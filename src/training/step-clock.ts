/** Speed of training: the time that steps take, evaluation and other pauses left out. */

/** Milliseconds of training over which speed is averaged. */
const WINDOW_MS = 4000;

interface Mark {
  at: number;
  samples: number;
}

/** Counts steps against a clock that stands still while nothing trains. */
export class StepClock {
  readonly #now: () => number;
  #marks: Mark[] = [];
  #paused = 0;
  #pausedAt: number | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** One step of `samples` examples is through. */
  tick(samples: number): void {
    const at = this.#time();
    this.#marks.push({ at, samples });
    while (this.#marks.length > 2 && this.#marks[1].at < at - WINDOW_MS) this.#marks.shift();
  }

  /** Stops the clock: what follows is no training. */
  pause(): void {
    this.#pausedAt ??= this.#now();
  }

  /** Lets the clock run on; returns how long it stood, in milliseconds. */
  resume(): number {
    if (this.#pausedAt === null) return 0;
    const stood = this.#now() - this.#pausedAt;
    this.#paused += stood;
    this.#pausedAt = null;
    return stood;
  }

  /** Examples a second and milliseconds a step over the last seconds; null before there are two steps. */
  speed(): { samplesPerSecond: number; stepMs: number } | null {
    const [first, ...rest] = this.#marks;
    const last = rest.at(-1);
    if (!last || last.at <= first.at) return null;
    const ms = last.at - first.at;
    return {
      samplesPerSecond: (1000 * rest.reduce((sum, mark) => sum + mark.samples, 0)) / ms,
      stepMs: ms / rest.length,
    };
  }

  #time(): number {
    return (this.#pausedAt ?? this.#now()) - this.#paused;
  }
}
