/** Packs files into a bundle: writes the manifest over them and the ZIP around them. */
import { sha256 } from '../../base/hash';
import { LATHE_VERSION } from '../../base/version';
import { writeZip, type ArchiveFile } from '../zip';
import { BUNDLE_VERSION, MANIFEST_PATH, type BundleManifest } from './manifest';

/** What the manifest says beside the list of files. */
export type BundleLabel = Pick<BundleManifest, 'name' | 'run_id' | 'dataset' | 'weights_sha256' | 'created'>;

/** The ZIP of a bundle, manifest first. */
export async function packBundle(files: ArchiveFile[], label: BundleLabel): Promise<Uint8Array<ArrayBuffer>> {
  const manifest: BundleManifest = {
    format: 'lathe-bundle',
    version: BUNDLE_VERSION,
    created: label.created,
    lathe: LATHE_VERSION,
    name: label.name,
    run_id: label.run_id,
    dataset: label.dataset,
    weights_sha256: label.weights_sha256,
    files: await Promise.all(
      files.map(async ({ path, bytes }) => ({ path, bytes: bytes.byteLength, sha256: await sha256(bytes) })),
    ),
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  return writeZip([{ path: MANIFEST_PATH, bytes }, ...files]);
}
