/**
 * Opens the ZIP of a bundle and trusts nothing in it: names, sizes and counts are checked before anything is inflated,
 * every file against the manifest's SHA-256 after.
 */
import { unzipSync } from 'fflate';
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import { sha256 } from '../../base/hash';
import { BUNDLE_VERSION, MANIFEST_PATH, manifestHead, manifestSchema, type BundleManifest } from './manifest';

/** A bundle whose files are exactly those that its manifest lists. */
export interface UnpackedBundle {
  manifest: BundleManifest;
  /** Bytes by path, the manifest left out. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
}

/** A bundle holds about ten files. */
const MAX_ENTRIES = 64;

/** Far above any model that trains in a browser, far below what would take the tab down. */
const MAX_UNPACKED_BYTES = 2 ** 31;

/** Deflate cannot do better than about 1032 to 1: a larger claim is a lie. */
const MAX_RATIO = 1100;

const MEBIBYTE = 2 ** 20;

const DAMAGED = 'the ZIP is truncated or damaged.';

/**
 * Reads and verifies a bundle.
 * @param name the bundle's file name, for errors.
 * @throws LatheError of kind `bundle`, naming the file inside the bundle that is wrong.
 */
export async function unpackBundle(zip: Uint8Array, name: string): Promise<UnpackedBundle> {
  const entries = unzip(zip, name);
  const manifest = readManifest(entries.get(MANIFEST_PATH), name);
  entries.delete(MANIFEST_PATH);

  const listed = new Set<string>();
  for (const { path, bytes, sha256: expected } of manifest.files) {
    if (listed.has(path)) throw refuse(name, `its manifest lists ${path} twice.`, path);
    listed.add(path);
    const content = entries.get(path);
    if (!content) throw refuse(name, `${path} is missing, though the manifest lists it.`, path);
    if (content.byteLength !== bytes) {
      throw refuse(name, `${path} has ${content.byteLength} bytes, the manifest says ${bytes}.`, path);
    }
    if ((await sha256(content)) !== expected) {
      throw refuse(name, `${path} does not match its SHA-256: it was damaged or changed after the export.`, path);
    }
  }
  for (const path of entries.keys()) {
    if (!listed.has(path)) throw refuse(name, `${path} is not in the manifest: somebody added it.`, path);
  }
  return { manifest, files: entries };
}

/** An error that says which bundle was refused and why. */
export function refuse(name: string, reason: string, file = name): LatheError {
  return new LatheError(
    'bundle',
    `${name} was refused: ${reason} Nothing was imported; export the bundle again, or copy it once more.`,
    { file },
  );
}

function unzip(zip: Uint8Array, name: string): Map<string, Uint8Array<ArrayBuffer>> {
  if (zip.byteLength < 4 || zip[0] !== 0x50 || zip[1] !== 0x4b) {
    throw refuse(name, 'it is not a ZIP file.');
  }
  const seen = new Set<string>();
  let total = 0;
  try {
    const files = unzipSync(zip, {
      filter(entry) {
        if (entry.name.endsWith('/') && entry.originalSize === 0) return false;
        // No archiver writes a nameless entry: the directory is not where the ZIP says.
        if (entry.name === '') throw refuse(name, DAMAGED);
        const unsafe = unsafeName(entry.name);
        if (unsafe) throw refuse(name, `the entry ${JSON.stringify(entry.name)} ${unsafe}.`, entry.name);
        if (seen.has(entry.name)) throw refuse(name, `it holds ${entry.name} twice.`, entry.name);
        seen.add(entry.name);
        if (seen.size > MAX_ENTRIES)
          throw refuse(name, `it holds more than ${MAX_ENTRIES} files; a bundle has about ten.`);
        total += Math.max(entry.originalSize, entry.size);
        if (total > MAX_UNPACKED_BYTES) {
          throw refuse(name, `unpacked it would need more than ${MAX_UNPACKED_BYTES / MEBIBYTE} MiB.`);
        }
        if (entry.originalSize > MEBIBYTE && entry.originalSize > entry.size * MAX_RATIO) {
          throw refuse(
            name,
            `${entry.name} claims to unpack to ${Math.round(entry.originalSize / entry.size)} times its size.`,
            entry.name,
          );
        }
        return true;
      },
    });
    return new Map(Object.entries(files).map(([path, bytes]) => [path, new Uint8Array(bytes)]));
  } catch (error) {
    if (error instanceof LatheError) throw error;
    throw refuse(name, DAMAGED);
  }
}

/** What is wrong with an entry's name, or null. Anything that could leave a folder it is unpacked into is refused. */
function unsafeName(path: string): string | null {
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'has an absolute path';
  if (path.includes('\\') || path.split('/').some((part) => part === '..' || part === '.' || part === '')) {
    return 'has a path that leaves the bundle';
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has control characters in its name';
  return path === '__proto__' ? 'has a name that is not allowed' : null;
}

function readManifest(bytes: Uint8Array | undefined, name: string): BundleManifest {
  if (!bytes) throw refuse(name, `it has no ${MANIFEST_PATH}: this ZIP is not a Lathe bundle.`, MANIFEST_PATH);
  const document = parseJson(bytes, name, MANIFEST_PATH);
  const head = v.safeParse(manifestHead, document);
  if (!head.success) throw refuse(name, `${MANIFEST_PATH} is not the manifest of a Lathe bundle.`, MANIFEST_PATH);
  if (head.output.version > BUNDLE_VERSION) {
    throw new LatheError(
      'bundle',
      `${name} has version ${head.output.version} of the bundle format; this Lathe reads up to version ${BUNDLE_VERSION}. Update Lathe, then open it again.`,
      { file: name, key: 'version' },
    );
  }
  return validateJson(manifestSchema, document, name, MANIFEST_PATH);
}

/** Parses a JSON file of a bundle. @throws LatheError of kind `bundle`. */
export function parseJson(bytes: Uint8Array, name: string, path: string): unknown {
  try {
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return document;
  } catch {
    throw refuse(name, `${path} is not JSON.`, path);
  }
}

/** Validates a JSON document of a bundle. @throws LatheError of kind `bundle` naming the key. */
export function validateJson<T>(schema: v.GenericSchema<unknown, T>, document: unknown, name: string, path: string): T {
  const result = v.safeParse(schema, document);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  throw new LatheError(
    'bundle',
    `${name} was refused: ${path}${key ? `, key ${key}` : ''}: ${issue.message}. Export the bundle again.`,
    { file: path, key: key ?? undefined },
  );
}
