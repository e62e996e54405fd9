/** Registered models: of this browser, and of MLflow servers. */
import type { Destination } from '../../store/delivery';
import type { ModelVersion, ModelVersionRow, RegisteredModel, RegistryDescription } from '../../store/registry';
import type { ModelRef } from '../../store/schema';

/** Where models are registered: in this browser, or at an MLflow server. */
export type RegistryPlace = 'local' | Destination;

/** Commands on registered models. Those on a server throw LatheError of kind `tracking` that says what is in the way. */
export interface RegistryCommands {
  /** Registered models, by name. */
  models(where: RegistryPlace): Promise<RegisteredModel[]>;
  /** Versions of one of them, newest first. @throws LatheError of kind `not_found` */
  versions(where: RegistryPlace, model: string): Promise<ModelVersion[]>;
  /** A version of this browser's registry, with all that is kept of it. @throws LatheError of kind `not_found` */
  version(model: string, version: number): Promise<ModelVersionRow>;
  /**
   * A version as a model that can be asked and exported, by its number (`3`), an alias (`@champion`) or as the newest
   * (`latest`). One of this browser is used as it is; the bundle of a server's is fetched, and kept as an imported model.
   * @throws LatheError of kind `not_found`
   */
  load(where: RegistryPlace, model: string, version: string): Promise<ModelRef>;
  /**
   * Makes a model the next version of a registered model. The model of a run is registered once: doing it again gives the same
   * version. For a server the run is sent first, where it is not there yet.
   * @throws LatheError of kind `usage` for names that cannot be, runs that have not ended, and models that no run is known of
   */
  register(
    model: ModelRef,
    where: RegistryPlace,
    as: { model: string; alias: string | null; description?: string },
  ): Promise<ModelVersion>;
  /** Gives an alias to a version, and takes it from the one that had it. */
  setAlias(where: RegistryPlace, model: string, alias: string, version: string): Promise<void>;
  /** Takes an alias away; one that is not there is none. */
  removeAlias(where: RegistryPlace, model: string, alias: string): Promise<void>;
  /** Describes a model, or (`version` not null) one of its versions. */
  describe(where: RegistryPlace, model: string, version: string | null, change: RegistryDescription): Promise<void>;
  /** Deletes a version of this browser's registry, or (`version` null) a model with all of them. */
  remove(model: string, version: string | null): Promise<void>;
  /** Brings back what was deleted. */
  restore(model: string, version: string | null): Promise<void>;
}
