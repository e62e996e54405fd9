/** The device that predictions run on: started when first needed, started again after it was lost. */
import { LatheError } from '../base/errors';
import { startBackend, type Backend } from '../engine/backend';
import type { BackendInfo } from '../store/schema';

/** A device on demand. */
export class Device {
  readonly #order: BackendInfo['backend'][];
  readonly #onLost: () => void;
  #backend: Promise<Backend> | null = null;

  /**
   * @param order backends to try, the preferred one first.
   * @param onLost called when the device is gone: every tensor and model on it is void.
   */
  constructor(order: BackendInfo['backend'][], onLost: () => void) {
    this.#order = order;
    this.#onLost = onLost;
  }

  /** The running backend. @throws LatheError of kind `backend` when none can be started. */
  start(): Promise<Backend> {
    this.#backend ??= this.#begin();
    return this.#backend;
  }

  /**
   * Starts the device if needed and runs `work` on it.
   * @throws LatheError of kind `backend` when the device is lost or reports an error meanwhile: results would be void.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { lost, failed } = await this.start();
    const reasons = [
      lost.then((reason) => `The device stopped computing: ${reason}.`),
      failed.then(({ message }) => message.replace(/\.?$/, '.')),
    ];
    const broken = Promise.race(reasons).then((reason): never => {
      throw new LatheError('backend', `${reason} Try again: it is started anew.`);
    });
    return Promise.race([work(), broken]);
  }

  async #begin(): Promise<Backend> {
    try {
      const backend = await startBackend(this.#order);
      void Promise.race([backend.lost, backend.failed]).then(() => {
        this.#backend = null;
        this.#onLost();
        backend.dispose();
      });
      return backend;
    } catch (error) {
      // The next call tries again: the browser may have a device by then.
      this.#backend = null;
      throw error;
    }
  }
}
