/**
 * A model as MLflow keeps it: a folder whose file `MLmodel` (YAML) names its flavors, ways to load it.
 * https://mlflow.org/docs/latest/ml/model/#storage-format
 *
 * Ours has the flavor `lathe`, a bundle that this page opens, and `onnx` where an ONNX file lies beside it.
 */
import * as v from 'valibot';
import { sha256 } from '../../../base/hash';
import { LATHE_VERSION } from '../../../base/version';
import { BUNDLE_VERSION } from '../../../export/bundle/manifest';
import type { RunFile } from '../../tracker';
import { safeName } from './names';

/** Folder of the model among the files of a run. */
export const MODEL_PATH = 'model';

/** What there is to say of a model. */
export interface ModelFolder {
  /** Id of the run there. */
  run_id: string;
  files: readonly RunFile[];
  /** Milliseconds since the epoch. */
  created: number;
  /** Version of MLflow that it is for. */
  mlflow_version: string;
  /** More about it, in words. */
  metadata: Record<string, string>;
}

/** The fields of `MLmodel`; null: there is no bundle among the files, so that it is no model. */
export async function describeModel(folder: ModelFolder): Promise<Record<string, unknown> | null> {
  const ours = folder.files.filter(({ model, path }) => model && path.startsWith(`${MODEL_PATH}/`));
  const inside = await Promise.all(
    ours.map(async ({ path, key, bytes }) => ({
      path: (await safeName(path)).slice(MODEL_PATH.length + 1),
      key,
      bytes,
    })),
  );
  inside.sort((a, b) => (a.path < b.path ? -1 : 1));
  const bundle = inside.find(({ path }) => path.endsWith('.zip'));
  if (!bundle) return null;
  const onnx = inside.find(({ path }) => path.endsWith('.onnx'));
  return {
    artifact_path: MODEL_PATH,
    flavors: {
      lathe: { bundle: bundle.path, bundle_version: BUNDLE_VERSION, lathe_version: LATHE_VERSION, code: null },
      ...(onnx ? { onnx: { data: onnx.path, providers: ['CPUExecutionProvider'], code: null } } : {}),
    },
    metadata: folder.metadata,
    mlflow_version: folder.mlflow_version,
    model_size_bytes: inside.reduce((sum, { bytes }) => sum + bytes, 0),
    // The same files of the same run are the same model: written again, nothing changes.
    model_uuid: (await sha256([folder.run_id, ...inside.map(({ path, key }) => `${path} ${key}`)].join('\n'))).slice(
      0,
      32,
    ),
    run_id: folder.run_id,
    utc_time_created: new Date(folder.created).toISOString().replace('T', ' ').replace('Z', '000'),
  };
}

/** Writes `MLmodel`. */
export async function writeMlmodel(model: Record<string, unknown>): Promise<string> {
  const { stringify } = await import('yaml');
  // PyYAML reads YAML 1.1: `yes` and `1:30` are no text there.
  return stringify(model, { version: '1.1', lineWidth: 0 });
}

const mlmodelSchema = v.object({
  flavors: v.optional(v.record(v.string(), v.unknown()), {}),
  model_size_bytes: v.optional(v.nullable(v.number()), null),
});
const flavorSchema = v.object({ bundle: v.pipe(v.string(), v.regex(/^[^/\\]+(?:\/[^/\\]+)*$/)) });

/**
 * The bundle that an `MLmodel` names, as a path within its folder, and about how large it is; null: it is not a model of Lathe.
 * @throws Error where it is no YAML
 */
export async function readMlmodel(text: string): Promise<{ bundle: string; bytes: number | null } | null> {
  const { parse } = await import('yaml');
  const model = v.safeParse(mlmodelSchema, parse(text));
  if (!model.success) return null;
  const flavor = v.safeParse(flavorSchema, model.output.flavors.lathe);
  if (!flavor.success || flavor.output.bundle.split('/').includes('..')) return null;
  return { bundle: flavor.output.bundle, bytes: model.output.model_size_bytes };
}
