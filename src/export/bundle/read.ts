/** Reads a bundle: every file verified, every document validated, and the parts held against each other. */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import { sha256 } from '../../base/hash';
import type { RunConfig } from '../../config/schema';
import { configFromYaml } from '../../config/yaml';
import { preprocessingSchema } from '../../data/features/schema';
import type { Metrics, Preprocessing, TensorEntry } from '../../store/schema';
import { readSafetensors } from '../safetensors';
import type { BundleManifest } from './manifest';
import { metricsFileSchema } from './metrics-json';
import { parseJson, refuse, unpackBundle, validateJson } from './unpack';

/** A trained model out of a bundle. */
export interface ReadBundle {
  manifest: BundleManifest;
  config: RunConfig;
  preprocessing: Preprocessing;
  metrics: { train: Metrics; val: Metrics; test: Metrics } | null;
  tensors: TensorEntry[];
  /** Little-endian float32 of all tensors in a row. */
  weights: Uint8Array;
}

/** Files that a bundle of version 1 cannot do without. */
const REQUIRED = ['config.yaml', 'preprocessing.json', 'metrics.json', 'model.safetensors'];

/** Both, or neither: an architecture that tfjs has no layers for comes without. */
const TFJS = ['tfjs/model.json', 'tfjs/weights.bin'];

/**
 * Reads a bundle.
 * @param name its file name, for errors.
 * @throws LatheError of kind `bundle` naming the file inside the bundle that is missing, damaged or contradicts another.
 */
export async function readBundle(zip: Uint8Array, name: string): Promise<ReadBundle> {
  const { manifest, files } = await unpackBundle(zip, name);
  const required = TFJS.some((path) => files.has(path)) ? [...REQUIRED, ...TFJS] : REQUIRED;
  for (const path of required) {
    if (!files.has(path)) throw refuse(name, `${path} is missing, and the manifest does not list it.`, path);
  }
  const file = (path: string): Uint8Array => files.get(path) ?? new Uint8Array();

  const config = readConfig(file('config.yaml'), name);
  const preprocessing = document(preprocessingSchema, file('preprocessing.json'), name, 'preprocessing.json');
  const scores = document(metricsFileSchema, file('metrics.json'), name, 'metrics.json');
  const { tensors, data } = readSafetensors(file('model.safetensors'));

  if ((await sha256(data)) !== manifest.weights_sha256) {
    throw refuse(name, 'the weights in model.safetensors are not those that the manifest names.', 'model.safetensors');
  }
  const copy = files.get('tfjs/weights.bin');
  if (copy && (await sha256(copy)) !== manifest.weights_sha256) {
    throw refuse(name, 'tfjs/weights.bin and model.safetensors hold different weights.', 'tfjs/weights.bin');
  }
  if (preprocessing.classes) {
    const labels = document(v.array(v.string()), file('labels.json'), name, 'labels.json');
    if (JSON.stringify(labels) !== JSON.stringify(preprocessing.classes)) {
      throw refuse(name, 'labels.json and preprocessing.json name different classes.', 'labels.json');
    }
  }
  const { train, val, test } = scores;
  return {
    manifest,
    config,
    preprocessing,
    metrics: train && val && test ? { train, val, test } : null,
    tensors,
    weights: data,
  };
}

function readConfig(bytes: Uint8Array, name: string): RunConfig {
  try {
    return configFromYaml(new TextDecoder().decode(bytes), 'config.yaml');
  } catch (error) {
    const cause = LatheError.from(error, 'bundle');
    throw new LatheError(
      'bundle',
      `${name} was refused: ${cause.message}`,
      { ...cause.where, file: 'config.yaml' },
      cause.details,
      {
        cause,
      },
    );
  }
}

const document = <T>(schema: v.GenericSchema<unknown, T>, bytes: Uint8Array, name: string, path: string): T =>
  validateJson(schema, parseJson(bytes, name, path), name, path);
