import type { ResolvedConfig, RunConfig } from './schema';

/** `config` with the number of examples a step, which it may leave to the device. */
export const resolveConfig = (config: RunConfig, batchSize: number): ResolvedConfig => ({
  ...config,
  training: { ...config.training, batch_size: batchSize },
});
