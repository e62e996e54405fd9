/** Keeps the model that was used last on the device: a map drawn from it, or the next file dropped, finds it there. */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import type { ModelRef } from '../store/schema';
import { findTrainedModel, readTrainedWeights, type TrainedModel } from '../store/trained-model';
import type { Device } from './device';
import { loadModel, type LoadedModel } from './loaded-model';

interface Entry {
  key: string;
  model: Promise<LoadedModel>;
  users: number;
  evicted: boolean;
}

/** The model used last. One that is still in use when another takes its place is disposed of when its users are done. */
export class ModelCache {
  readonly #database: Database;
  readonly #device: Device;
  #entry: Entry | null = null;

  constructor(database: Database, device: Device) {
    this.#database = database;
    this.#device = device;
  }

  /**
   * Runs `work` with the model `ref` on the device.
   * @throws LatheError of kind `not_found`, `storage` or `backend`, and what `work` throws.
   */
  async use<T>(ref: ModelRef, work: (model: LoadedModel, trained: TrainedModel) => Promise<T>): Promise<T> {
    const trained = await findTrainedModel(this.#database, ref);
    const entry = this.#take(trained, ref);
    entry.users++;
    try {
      return await this.#device.run(async () => work(await entry.model, trained));
    } catch (error) {
      if (this.#entry === entry) await entry.model.catch(() => this.clear());
      throw error;
    } finally {
      entry.users--;
      release(entry);
    }
  }

  /** Forgets the model: the device is gone, or memory is wanted. */
  clear(): void {
    const entry = this.#entry;
    this.#entry = null;
    if (!entry) return;
    entry.evicted = true;
    release(entry);
  }

  #take(trained: TrainedModel, ref: ModelRef): Entry {
    const key = `${trained.id} ${trained.weights_sha256}`;
    if (this.#entry?.key !== key) {
      this.clear();
      this.#entry = { key, model: this.#load(trained, ref), users: 0, evicted: false };
    }
    return this.#entry;
  }

  async #load(trained: TrainedModel, ref: ModelRef): Promise<LoadedModel> {
    const [weights] = await Promise.all([this.#read(trained, ref), this.#device.start()]);
    return loadModel(trained, weights);
  }

  async #read(trained: TrainedModel, ref: ModelRef): Promise<Float32Array> {
    try {
      return await readTrainedWeights(this.#database, trained);
    } catch (error) {
      // While a run trains, a better checkpoint may replace the one that was just found.
      if (!(error instanceof LatheError) || error.kind !== 'not_found') throw error;
      return readTrainedWeights(this.#database, await findTrainedModel(this.#database, ref));
    }
  }
}

/** Frees the device memory of an entry that nobody uses or will use. */
function release(entry: Entry): void {
  if (!entry.evicted || entry.users > 0) return;
  void entry.model.then(
    (model) => model.dispose(),
    () => undefined,
  );
}
