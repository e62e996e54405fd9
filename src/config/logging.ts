/** Where a run is sent beside this browser, and what is recorded of it beyond its metrics. Passwords and keys have no place here. */
import * as v from 'valibot';
import { flag, integer, number, positive, text } from './field';

const wandb = v.strictObject({
  enabled: v.optional(flag('Sends the run to Weights & Biases'), false),
  project: v.optional(v.nullable(text('Project; null: lathe')), null),
  entity: v.optional(v.nullable(text('User or team; null: that of the key')), null),
  base_url: v.optional(text('Address of the service'), 'https://api.wandb.ai'),
});

const mlflow = v.strictObject({
  enabled: v.optional(v.nullable(flag('Sends the run to MLflow; null: where a tracking address is set')), null),
  experiment: v.optional(v.nullable(text('Experiment; null: the name of the dataset')), null),
});

const prometheus = v.strictObject({
  gateway: v.optional(v.nullable(text('Address of a Prometheus Pushgateway; null: none')), null),
  job: v.optional(text('Job under which it is pushed'), 'lathe'),
});

const tensorboard = v.strictObject({
  enabled: v.optional(flag('Puts TensorBoard event files into the bundle'), false),
});

const media = v.strictObject({
  every_epochs: v.optional(
    v.nullable(integer('Epochs between two recordings of what follows; null: only at the end', 1, 10_000)),
    null,
  ),
  histograms: v.optional(flag('Histograms of weights and gradients'), false),
  predictions: v.optional(integer('Validation examples whose predictions are shown; 0: none', 0, 256), 0),
  embeddings: v.optional(
    integer('Validation examples whose last hidden layer is kept as vectors; 0: none', 0, 10_000),
    0,
  ),
});

const system = v.strictObject({
  every_seconds: v.optional(v.nullable(positive('Seconds between two looks at the machine; null: none', 3600)), 10),
  ceilings: v.optional(
    v.strictObject({
      cpu_percent: v.optional(
        v.nullable(number('Share of one core that the workers may use on average; null: any', 0, 6400)),
        null,
      ),
      js_memory_mb: v.optional(v.nullable(positive('Megabytes of JavaScript memory; null: any', 1e6)), null),
      gpu_memory_mb: v.optional(
        v.nullable(positive('Megabytes of device memory held by tensors; null: any', 1e6)),
        null,
      ),
      storage_percent: v.optional(
        v.nullable(number('Share of the storage that the browser grants; null: any', 0, 100)),
        90,
      ),
      queue_length: v.optional(v.nullable(integer('Points, lines and files that wait to be sent; null: any', 1)), null),
    }),
    {},
  ),
});

/** The section `logging`. */
export const logging = v.strictObject({
  wandb: v.optional(wandb, {}),
  mlflow: v.optional(mlflow, {}),
  tensorboard: v.optional(tensorboard, {}),
  prometheus: v.optional(prometheus, {}),
  media: v.optional(media, {}),
  system: v.optional(system, {}),
});

/** The section `registry`. */
export const registry = v.strictObject({
  mlflow: v.optional(
    v.strictObject({
      tracking_uri: v.optional(
        v.nullable(text('Address of an MLflow server (http or https); local: this page’s own registry; null: none')),
        null,
      ),
      model_name: v.optional(
        v.nullable(text('Registered model that the trained model becomes a version of; null: none')),
        null,
      ),
      alias: v.optional(v.nullable(text('Alias that the new version gets, such as champion; null: none')), null),
    }),
    {},
  ),
});
