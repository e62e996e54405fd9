/** Every export format. To add one: its name in `names.ts`, its writer here. */
import { slug } from '../base/slug';
import { databaseBlobs } from '../store/blobs';
import { collectContent } from './bundle/collect';
import { writeBundle } from './bundle/write';
import type { ExportFormat } from './names';
import { writeSafetensors } from './safetensors';
import { weightBytes, type ExportSource } from './source';
import { tfjsFiles } from './tfjs';
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
export const EXPORT_WRITERS: Record<ExportFormat, ExportWriter> = {
  /** Everything about the model in one ZIP; an imported model gives back the bundle that it came in. */
  bundle: {
    fileName: (name) => `${slug(name)}.zip`,
    needsBackend: true,
    async write(source) {
      const { origin } = source.model;
      if (origin.kind === 'import') return databaseBlobs(source.database).get(origin.model.bundle);
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
};
