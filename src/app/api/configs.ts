/** Configs of runs: suggested, read, written, summed up. */
import type { RunConfig } from '../../config/schema';
import type { DatasetRow, ModelSummary } from '../../store/schema';

/** Commands on configs. */
export interface ConfigCommands {
  /** Defaults that suit the dataset: task, target, architecture, sizes. */
  suggest(dataset: DatasetRow): RunConfig;
  fromYaml(source: string, file?: string): Promise<RunConfig>;
  toYaml(config: RunConfig): Promise<string>;
  /** Shapes, parameters and memory of the model that `config` makes of the dataset. */
  summarize(config: RunConfig, datasetId: string): Promise<ModelSummary>;
}
