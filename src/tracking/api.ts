/** The sync worker as the page sees it. */
import type { Destination, DeliveryRow, Subject } from '../store/delivery';
import type { ModelVersion, RegisteredModel, RegistryDescription } from '../store/registry';
import type { ModelRef } from '../store/schema';

/** What the sync worker tells. */
export type SyncEvent =
  | { type: 'delivery'; delivery: DeliveryRow }
  /** Somebody pressed Stop at a destination of this run. */
  | { type: 'stop'; run_id: string };

/** What the sync worker asks of the page. */
export interface SyncHost {
  exportBundle(model: ModelRef): Promise<Blob>;
}

/** The sync worker. */
export interface SyncApi {
  /**
   * Begins to send what waits, as soon as no other tab does.
   * @param events takes `SyncEvent`s
   * @param host offers `SyncHost`
   */
  start(events: MessagePort, host: MessagePort, settings: SyncSettings): Promise<void>;
  configure(settings: SyncSettings): Promise<void>;
  /** Something of this run or study (or of anything) is new. `now`: what failed is tried at once. */
  wake(subject?: Subject, how?: { now: boolean }): Promise<void>;
  forget(deliveryId: string): Promise<void>;
  /** Asks a destination for something harmless. Throws LatheError of kind `tracking` that says what to do. */
  check(destination: Destination): Promise<string>;
  /** Registered models of an MLflow server. Throws LatheError of kind `tracking`. */
  remoteModels(destination: Destination): Promise<RegisteredModel[]>;
  /** Versions of one, newest first. */
  remoteVersions(destination: Destination, model: string): Promise<ModelVersion[]>;
  /** The bundle of a version, by its number or by an alias (`@champion`). */
  downloadVersion(destination: Destination, model: string, version: string): Promise<File>;
  /** Makes the model of a run that was delivered a version of a registered model. `description` absent: the run's notes. */
  registerVersion(
    deliveryId: string,
    as: { model: string; alias: string | null; description?: string },
  ): Promise<ModelVersion>;
  setRemoteAlias(destination: Destination, model: string, alias: string, version: string): Promise<void>;
  removeRemoteAlias(destination: Destination, model: string, alias: string): Promise<void>;
  /** `version` null: the model itself. */
  describeRemote(
    destination: Destination,
    model: string,
    version: string | null,
    change: RegistryDescription,
  ): Promise<void>;
}

/** What is the same for all destinations. */
export interface SyncSettings {
  author: string | null;
}
