/** Short hashes of plain values, to see whether peers mean the same. Not against forgery: links are authenticated. */
import { canonicalJson } from '../../base/hash';

/** Two lanes of FNV-1a with different starts, finished as MurmurHash3 does: 64 bits as 16 hex digits. */
function hashText(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 15);
  }
  const finish = (hash: number): string => {
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
  };
  return finish(a) + finish(b);
}

/** The hash of a value that JSON can hold; numbers beyond that count by their names. */
export function fingerprint(value: unknown): string {
  return hashText(
    canonicalJson(
      JSON.parse(
        JSON.stringify(value, (_key, inner: unknown) =>
          typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner,
        ),
      ),
    ),
  );
}
