import { unzipSync, zipSync, type Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import { LATHE_VERSION } from '../../../../src/base/version';
import { packBundle } from '../../../../src/export/bundle/pack';
import { unpackBundle } from '../../../../src/export/bundle/unpack';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const files = [
  { path: 'config.yaml', bytes: text('version: 1\n') },
  { path: 'tfjs/weights.bin', bytes: Uint8Array.from({ length: 400 }, (_, i) => i) },
];
const label = {
  name: 'digits',
  run_id: 'k3v9x0ab',
  dataset: { name: 'mnist', hash: 'ab'.repeat(32) },
  weights_sha256: '0'.repeat(64),
  created: '2026-01-02T03:04:05.000Z',
};
const bundle = await packBundle(files, label);

/** The bundle with files changed, added or (null) taken away, the manifest left as it is. */
function tampered(changes: Record<string, Uint8Array | null>): Uint8Array {
  const entries: Record<string, Uint8Array | null> = { ...unzipSync(bundle), ...changes };
  return zipSync(
    Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, Uint8Array] => entry[1] !== null)),
  );
}

/** The bundle with its manifest changed. */
function withManifest(change: (manifest: Record<string, unknown>) => unknown): Uint8Array {
  const manifest = JSON.parse(new TextDecoder().decode(unzipSync(bundle)['manifest.json'])) as Record<string, unknown>;
  return tampered({ 'manifest.json': text(JSON.stringify(change(manifest))) });
}

const refusal = async (zip: Uint8Array): Promise<unknown> =>
  unpackBundle(zip, 'digits.zip').catch((error: unknown) => error);

describe('packBundle', () => {
  it('lists every file with its length and SHA-256', async () => {
    const { manifest } = await unpackBundle(bundle, 'digits.zip');
    expect(manifest).toMatchObject({ format: 'lathe-bundle', version: 1, lathe: LATHE_VERSION, ...label });
    expect(manifest.files).toEqual([
      { path: 'config.yaml', bytes: 11, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      { path: 'tfjs/weights.bin', bytes: 400, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    ]);
  });

  it('gives the same bytes for the same files', async () => {
    expect(await packBundle(files, label)).toEqual(bundle);
  });
});

describe('unpackBundle', () => {
  it('gives back the files that were packed', async () => {
    const unpacked = await unpackBundle(bundle, 'digits.zip');
    expect([...unpacked.files]).toEqual(files.map(({ path, bytes }) => [path, bytes]));
  });

  it('takes a bundle that was unzipped and zipped again', async () => {
    const again = zipSync({ tfjs: {}, ...unzipSync(bundle) });
    expect((await unpackBundle(again, 'digits.zip')).files.size).toBe(2);
  });

  it.each([
    [
      'a changed file',
      tampered({ 'config.yaml': text('version: 2\n') }),
      'config.yaml',
      /config\.yaml does not match its SHA-256/,
    ],
    [
      'a file of another length',
      tampered({ 'config.yaml': text('') }),
      'config.yaml',
      /config\.yaml has 0 bytes, the manifest says 11/,
    ],
    ['a missing file', tampered({ 'tfjs/weights.bin': null }), 'tfjs/weights.bin', /tfjs\/weights\.bin is missing/],
    ['an extra file', tampered({ 'virus.js': text('') }), 'virus.js', /virus\.js is not in the manifest/],
    ['a path out of the bundle', tampered({ '../evil.sh': text('') }), '../evil.sh', /path that leaves the bundle/],
    [
      'a path out of the bundle, further in',
      tampered({ 'tfjs/../../evil': text('') }),
      'tfjs/../../evil',
      /leaves the bundle/,
    ],
    ['a path with backslashes', tampered({ '..\\evil': text('') }), '..\\evil', /leaves the bundle/],
    ['an absolute path', tampered({ '/etc/passwd': text('') }), '/etc/passwd', /absolute path/],
    ['a missing manifest', tampered({ 'manifest.json': null }), 'manifest.json', /not a Lathe bundle/],
    [
      'a manifest that is not JSON',
      tampered({ 'manifest.json': text('{') }),
      'manifest.json',
      /manifest\.json is not JSON/,
    ],
    [
      'another format',
      withManifest((manifest) => ({ ...manifest, format: 'zip' })),
      'manifest.json',
      /not the manifest of a Lathe bundle/,
    ],
    [
      'a manifest without files',
      withManifest(({ files: _files, ...rest }) => rest),
      'manifest.json',
      /manifest\.json, key files/,
    ],
    [
      'a newer version',
      withManifest((manifest) => ({ ...manifest, version: 2 })),
      'digits.zip',
      /version 2 of the bundle format; this Lathe reads up to version 1\. Update Lathe/,
    ],
    ['a file that is no ZIP', text('GIF89a, certainly'), 'digits.zip', /not a ZIP file/],
    ['an empty file', new Uint8Array(), 'digits.zip', /not a ZIP file/],
    ['a truncated ZIP', bundle.subarray(0, bundle.length - 100), 'digits.zip', /truncated or damaged/],
    ['a ZIP with its middle missing', withoutMiddle(bundle), 'digits.zip', /truncated or damaged/],
  ])('refuses %s', async (_what, zip, file, message) => {
    expect(await refusal(zip)).toMatchObject({
      name: 'LatheError',
      kind: 'bundle',
      where: { file },
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses every single flipped bit of the data', async () => {
    // Local headers and the directory may differ harmlessly (times); the content of files may not.
    const at = indexOf(bundle, files[1].bytes);
    for (const offset of [0, 1, 199, 399]) {
      const flipped = bundle.slice();
      flipped[at + offset] ^= 1;
      expect(await refusal(flipped)).toMatchObject({ where: { file: 'tfjs/weights.bin' } });
    }
  });

  it('refuses an archive of very many entries and one that claims to unpack to far more than it holds', async () => {
    const many: Zippable = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, new Uint8Array()]));
    expect(await refusal(zipSync(many))).toMatchObject({
      message: expect.stringMatching(/more than 64 files/) as string,
    });

    const bomb = zipSync({ 'manifest.json': new Uint8Array(100_000) });
    const claim = new DataView(bomb.buffer);
    const directory = indexOf(bomb, Uint8Array.of(0x50, 0x4b, 1, 2));
    claim.setUint32(directory + 24, 0x7fff_0000, true);
    expect(await refusal(bomb)).toMatchObject({
      message: expect.stringMatching(/claims to unpack to \d+ times its size/) as string,
    });
    claim.setUint32(directory + 24, 0xffff_0000, true);
    expect(await refusal(bomb)).toMatchObject({ message: expect.stringMatching(/more than 2048 MiB/) as string });
  });
});

function withoutMiddle(zip: Uint8Array): Uint8Array {
  return Uint8Array.from([...zip.subarray(0, 200), ...zip.subarray(300)]);
}

function indexOf(haystack: Uint8Array, needle: Uint8Array): number {
  for (let at = 0; at + needle.length <= haystack.length; at++) {
    if (needle.every((byte, i) => haystack[at + i] === byte)) return at;
  }
  throw new Error('not found');
}
