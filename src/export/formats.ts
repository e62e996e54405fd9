/** Every export format. To add one: its name in `names.ts`, its writer here. */
import { LatheError } from '../base/errors';
import { slug } from '../base/slug';
import { databaseBlobs } from '../store/blobs';
import type { BlobHash } from '../store/schema';
import type { ModelOrigin } from '../store/trained-model';
import { collectContent } from './bundle/collect';
import { writeBundle } from './bundle/write';
import type { ModelFormat } from './names';
import { writeSafetensors } from './safetensors';
import { weightBytes, type ExportSource } from './source';
import { tfjsFiles } from './tfjs';
import { collectOfflineRun } from './wandb-offline/collect';
import { writeOfflineRun } from './wandb-offline/offline-run';
import { writeZip } from './zip';

/** How a model becomes a file. */
export interface ExportWriter {
  /** File name for a model of this name. */
  fileName(name: string): string;
  /** Whether writing needs a started backend. */
  needsBackend: boolean;
  write(source: ExportSource): Promise<Blob>;
}

/** Writers by format. */
export const EXPORT_WRITERS: Record<ModelFormat, ExportWriter> = {
  /** Everything about the model in one ZIP; a model that came as a bundle is given back as that. */
  bundle: {
    fileName: (name) => `${slug(name)}.zip`,
    needsBackend: true,
    async write(source) {
      const bundle = bundleOf(source.model.origin);
      if (bundle !== null) return databaseBlobs(source.database).get(bundle);
      return new Blob([await writeBundle(await collectContent(source))], { type: 'application/zip' });
    },
  },
  /** A tfjs LayersModel: `model.json` and `weights.bin` in a ZIP. */
  tfjs: {
    fileName: (name) => `${slug(name)}-tfjs.zip`,
    needsBackend: true,
    write: async (source) => new Blob([writeZip(tfjsFiles(source))], { type: 'application/zip' }),
  },
  /** The weights alone. */
  safetensors: {
    fileName: (name) => `${slug(name)}.safetensors`,
    needsBackend: false,
    async write(source) {
      const { tensors, weights_sha256 } = source.model;
      const file = writeSafetensors({
        tensors,
        data: weightBytes(source),
        metadata: { format: 'lathe', weights_sha256 },
      });
      return new Blob([file], { type: 'application/octet-stream' });
    },
  },
  /** All that is recorded of a run, as an offline run of Weights & Biases. */
  wandb: {
    fileName: (name) => `${slug(name)}-wandb.zip`,
    needsBackend: false,
    async write({ database, model: { origin, name } }) {
      if (origin.kind !== 'run') {
        throw new LatheError(
          'usage',
          `The model ${name} is no run of this browser: there is nothing of it to send to W&B. Export a run.`,
        );
      }
      return writeOfflineRun(await collectOfflineRun(database, origin.run));
    },
  },
};

/** The bundle that a model came as; null: it was trained here. */
function bundleOf(origin: ModelOrigin): BlobHash | null {
  if (origin.kind === 'run') return null;
  return origin.kind === 'import' ? origin.model.bundle : origin.version.bundle;
}
