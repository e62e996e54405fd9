/** SHA-256, the hash that names every blob, dataset and checkpoint (FIPS 180-4), as lower-case hex. */
import { createSHA256 } from 'hash-wasm';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 of bytes or of a string's UTF-8, in hex. Needs a secure context (WebCrypto). */
export async function sha256(data: Uint8Array | ArrayBuffer | string): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)));
}

/** SHA-256 of data that arrives in pieces. */
export interface StreamingHash {
  update(bytes: Uint8Array): void;
  digest(): string;
}

/** Starts a SHA-256 that takes pieces; used where the whole never fits in memory at once. */
export async function streamingSha256(): Promise<StreamingHash> {
  const hasher = await createSHA256();
  return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest('hex') };
}

/** JSON with sorted keys, so that equal values give equal text, hence equal hashes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
