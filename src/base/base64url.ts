/** Bytes as text that can stand in links: base64url without padding (RFC 4648, section 5). */

/** `bytes` as base64url: 16 bytes give 22 characters. */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The bytes of base64url text, or null where it is none. Only the one text that `encodeBase64url` makes is taken. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  // The last character may hold bits that no byte uses: two texts would mean the same.
  return encodeBase64url(bytes) === text ? bytes : null;
}
