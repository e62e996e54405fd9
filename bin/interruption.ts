/** Ctrl+C, a polite kill, and `--timeout`: one promise that a command can race with. */

/** Why a command is asked to end early. */
export type InterruptionCause = 'signal' | 'timeout';

/** Thrown where a command was asked to end and has ended. */
export class Interrupted extends Error {
  constructor(
    readonly because: InterruptionCause,
    message: string,
  ) {
    super(message);
    this.name = 'Interrupted';
  }
}

/** A terminal and npm may both pass on one Ctrl+C; a second press is later than this. */
const SAME_PRESS_MS = 1500;

/** Listens for reasons to end early. */
export class Interruption {
  /** Settles when there is a reason. */
  readonly cause: Promise<InterruptionCause>;
  #trigger: (cause: InterruptionCause) => void = () => {};
  #happened: InterruptionCause | null = null;
  #at = 0;

  constructor() {
    this.cause = new Promise((resolve) => {
      this.#trigger = (cause) => {
        this.#happened ??= cause;
        this.#at ||= Date.now();
        resolve(cause);
      };
    });
  }

  /** The reason, once there is one. */
  get happened(): InterruptionCause | null {
    return this.#happened;
  }

  /** Starts to listen. A second Ctrl+C ends the process at once, through `giveUp`. */
  listen(timeoutSeconds: number | null, giveUp: () => void): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (this.#happened && Date.now() - this.#at > SAME_PRESS_MS) giveUp();
        this.#trigger('signal');
      });
    }
    if (timeoutSeconds !== null) setTimeout(() => this.#trigger('timeout'), timeoutSeconds * 1000).unref();
  }

  /** `work`, unless a reason to end comes first. @throws Interrupted */
  async orEnd<T>(work: Promise<T>): Promise<T> {
    const ended = this.cause.then((cause): never => {
      throw new Interrupted(cause, cause === 'signal' ? 'Interrupted.' : 'Out of time: --timeout has passed.');
    });
    // Whichever loses the race may still fail later, when nobody listens any more.
    ended.catch(() => undefined);
    work.catch(() => undefined);
    return Promise.race([work, ended]);
  }
}
