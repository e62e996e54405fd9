/** Writes a bundle: a ZIP that holds a trained model, how to use it and how it came to be. */
import { withoutRoom } from '../../config/without-room';
import { configToYaml } from '../../config/yaml';
import { writeSafetensors } from '../safetensors';
import type { ArchiveFile } from '../zip';
import { drawCurves } from '../curves-chart';
import type { BundleContent } from './content';
import { curvesCsv } from './curves-csv';
import { metricsFile } from './metrics-json';
import { modelCard } from './model-card';
import { packBundle } from './pack';

/** One file of a bundle; null where this model has none. To add one: a line here, and its name in the model card. */
const FILES: [path: string, write: (content: BundleContent) => Uint8Array | string | Promise<Uint8Array> | null][] = [
  ['README.md', modelCard],
  ['config.yaml', ({ config }) => configToYaml(withoutRoom(config))],
  ['preprocessing.json', ({ preprocessing }) => json(preprocessing)],
  ['labels.json', ({ preprocessing }) => (preprocessing.classes ? json(preprocessing.classes) : null)],
  ['metrics.json', (content) => json(metricsFile(content))],
  ['curves.csv', ({ series }) => curvesCsv(series)],
  ['curves.png', async ({ series, checkpoint }) => bytesOf(await drawCurves(series, checkpoint.step))],
  ['tfjs/model.json', ({ tfjs_model }) => tfjs_model],
  ['tfjs/weights.bin', ({ tfjs_model, weights }) => (tfjs_model ? weights : null)],
  ['model.safetensors', safetensors],
];

/**
 * The ZIP of a bundle. But for `created` in its manifest it is a function of `content`.
 * @param created when it is exported, milliseconds since the epoch.
 */
export async function writeBundle(content: BundleContent, created = Date.now()): Promise<Uint8Array<ArrayBuffer>> {
  const files: ArchiveFile[] = [];
  for (const [path, write] of FILES) {
    const written = await write(content);
    if (written === null) continue;
    files.push({ path, bytes: typeof written === 'string' ? new TextEncoder().encode(written) : written });
  }
  files.push(...content.tensorboard);
  return packBundle(files, {
    name: content.name,
    run_id: content.run.id,
    dataset: { name: content.dataset.name, hash: content.dataset.hash },
    weights_sha256: content.weights_sha256,
    created: new Date(created).toISOString(),
  });
}

function safetensors({ tensors, weights, run, weights_sha256 }: BundleContent): Uint8Array {
  return writeSafetensors({ tensors, data: weights, metadata: { format: 'lathe', run_id: run.id, weights_sha256 } });
}

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
