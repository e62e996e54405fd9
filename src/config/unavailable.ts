/** Settings that the config knows but this version cannot do yet: refused with a sentence, never ignored. */
import type { ConfigProblem } from './parse';
import type { RunConfig } from './schema';

/** One problem for each setting of `config` that asks for what is not there yet. */
export function unavailable(config: RunConfig): ConfigProblem[] {
  const asks: [boolean, string, string][] = [
    [config.training.distributed.enabled, 'training.distributed.enabled', 'Set it to false.'],
    [config.logging.wandb.enabled, 'logging.wandb.enabled', 'Set it to false.'],
    [config.logging.mlflow.enabled === true, 'logging.mlflow.enabled', 'Set it to null.'],
    [config.registry.mlflow.tracking_uri !== null, 'registry.mlflow.tracking_uri', 'Set it to null.'],
    [config.logging.tensorboard.enabled, 'logging.tensorboard.enabled', 'Set it to false.'],
  ];
  return asks
    .filter(([asked]) => asked)
    .map(([, key, remedy]) => ({
      key,
      message: `${key} asks for something that this version of Lathe cannot do yet. ${remedy}`,
    }));
}
