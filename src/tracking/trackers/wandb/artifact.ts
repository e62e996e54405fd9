/**
 * A model as an artifact: a version of a collection of type `model`, known by the digest of its files. The same files are the
 * same version, however often they are sent.
 */
import { createMD5, md5 } from 'hash-wasm';
import { DeliveryError } from '../../http/http';
import type { RunFile } from '../../tracker';
import type { RunPlace, WandbClient } from './client';
import { COMMIT_ARTIFACT, CREATE_ARTIFACT, CREATE_ARTIFACT_FILES, CREATE_ARTIFACT_MANIFEST } from './operations';

/** Name of an artifact, and what it is called besides its number. */
export interface ArtifactName {
  collection: string;
  aliases: string[];
  metadata: Record<string, string>;
}

/** A file of an artifact. */
export interface ArtifactEntry {
  path: string;
  /** MD5 of its bytes, base64. */
  digest: string;
  size: number;
}

/** Name under which W&B knows the manifest. */
const MANIFEST = 'wandb_manifest.json';

/**
 * Makes a version of these files, unless there is one.
 * @returns whether the server keeps them: one that takes every artifact for complete at once has no place for files
 * @throws DeliveryError; LatheError where a file cannot be read
 */
export async function logArtifact(
  client: WandbClient,
  place: RunPlace,
  { collection, aliases, metadata }: ArtifactName,
  files: readonly RunFile[],
): Promise<boolean> {
  const blobs = new Map<string, Blob>();
  const entries: ArtifactEntry[] = [];
  for (const file of files) {
    const blob = await file.read();
    blobs.set(file.path, blob);
    entries.push({ path: file.path, digest: await md5Base64(blob), size: blob.size });
  }
  const { entity, project, run } = place;
  const { artifact } = (
    await client.ask(CREATE_ARTIFACT, {
      input: {
        entityName: entity,
        projectName: project,
        runName: run,
        artifactTypeName: 'model',
        artifactCollectionName: collection,
        digest: await manifestDigest(entries),
        digestAlgorithm: 'MANIFEST_MD5',
        aliases: aliases.map((alias) => ({ alias, artifactCollectionName: collection })),
        metadata: JSON.stringify(metadata),
        enableDigestDeduplication: true,
      },
    })
  ).createArtifact;
  if (artifact.state === 'COMMITTED') return artifact.fileCount === entries.length;
  if (artifact.state !== 'PENDING') {
    throw new DeliveryError(
      'refused',
      `${client.origin} has the model “${collection}” of this run as ${artifact.state.toLowerCase()}, and takes no files for it.`,
    );
  }

  const manifest = async (digest: string, includeUpload: boolean) =>
    (
      await client.ask(CREATE_ARTIFACT_MANIFEST, {
        artifactID: artifact.id,
        baseArtifactID: null,
        name: MANIFEST,
        digest,
        entityName: entity,
        projectName: project,
        runName: run,
        manifestType: 'FULL',
        includeUpload,
      })
    ).createArtifactManifest.artifactManifest;

  const { id: manifestId } = await manifest('', false);
  const { edges } = (
    await client.ask(CREATE_ARTIFACT_FILES, {
      input: {
        storageLayout: 'V2',
        artifactFiles: entries.map(({ path, digest }) => ({
          artifactID: artifact.id,
          artifactManifestID: manifestId,
          name: path,
          md5: digest,
        })),
      },
    })
  ).createArtifactFiles.files;
  if (edges.length !== entries.length) {
    throw new DeliveryError(
      'answer',
      `${client.origin} gives addresses for ${edges.length} of ${entries.length} files of the model. It is tried again.`,
    );
  }
  const contents: Record<string, { digest: string; birthArtifactID: string; size: number }> = {};
  for (const [i, { path, digest, size }] of entries.entries()) {
    const { uploadUrl, uploadHeaders, artifact: birth } = edges[i].node;
    const blob = blobs.get(path);
    // Without an address the content is there already.
    if (uploadUrl !== null && blob) await client.put(uploadUrl, uploadHeaders, blob);
    contents[path] = { digest, birthArtifactID: birth?.id ?? artifact.id, size };
  }

  const text = new Blob([
    JSON.stringify({
      version: 1,
      storagePolicy: 'wandb-storage-policy-v1',
      storagePolicyConfig: { storageLayout: 'V2' },
      contents,
    }),
  ]);
  const { file } = await manifest(await md5Base64(text), true);
  if (file?.uploadUrl) await client.put(file.uploadUrl, file.uploadHeaders, text);
  await client.ask(COMMIT_ARTIFACT, { artifactID: artifact.id });
  return true;
}

/** Digest of an artifact (`MANIFEST_MD5`): over the digests of its files by path. Hex. */
export async function manifestDigest(entries: readonly ArtifactEntry[]): Promise<string> {
  const lines = entries
    .map(({ path, digest }) => ({ path, line: `${path}:${digest}\n` }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ line }) => line);
  return md5(`wandb-artifact-manifest-v1\n${lines.join('')}`);
}

/** MD5 of a file, which may be larger than memory takes at once. */
async function md5Base64(blob: Blob): Promise<string> {
  const hash = await createMD5();
  for await (const chunk of blob.stream()) hash.update(chunk);
  return btoa(String.fromCharCode(...hash.digest('binary')));
}
