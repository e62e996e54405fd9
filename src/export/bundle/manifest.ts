/**
 * The manifest of a bundle: which files it holds, with the length and SHA-256 of each. Everything in a bundle but the
 * manifest itself is listed, so that a reader can tell a whole bundle from a damaged or altered one.
 */
import * as v from 'valibot';

/** Path of the manifest inside the ZIP. */
export const MANIFEST_PATH = 'manifest.json';

/** Version of the layout that this code writes, and the newest that it reads. */
export const BUNDLE_VERSION = 1;

const sha256Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** What every version of the manifest says, read first to tell a newer one from a damaged one. */
export const manifestHead = v.object({
  format: v.literal('lathe-bundle'),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

/** The manifest, version 1. */
export const manifestSchema = v.object({
  format: v.literal('lathe-bundle'),
  version: v.literal(BUNDLE_VERSION),
  /** When it was exported, ISO 8601. */
  created: v.string(),
  /** Version of Lathe that wrote it. */
  lathe: v.string(),
  name: v.string(),
  run_id: v.string(),
  /** What the model was trained on; `hash` is the dataset's content hash in Lathe. */
  dataset: v.object({ name: v.string(), hash: v.string() }),
  weights_sha256: sha256Hex,
  files: v.array(
    v.object({
      path: v.pipe(v.string(), v.minLength(1)),
      bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
      sha256: sha256Hex,
    }),
  ),
});

/** The manifest of a bundle. */
export type BundleManifest = v.InferOutput<typeof manifestSchema>;
