import { describe, expect, it } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../../src/base/base64url';

describe('base64url', () => {
  it('is that of RFC 4648, without padding', () => {
    const vectors: [string, string][] = [
      ['', ''],
      ['f', 'Zg'],
      ['fo', 'Zm8'],
      ['foo', 'Zm9v'],
      ['foob', 'Zm9vYg'],
    ];
    for (const [text, encoded] of vectors) expect(encodeBase64url(new TextEncoder().encode(text))).toBe(encoded);
    expect(encodeBase64url(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe('-__-');
  });

  it('comes back, whatever the bytes', () => {
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 97 + length * 13) & 255);
      expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
    }
  });

  it.each(['A', 'Zg==', 'Z g', '+/+/', 'Zh', 'é'])('does not take %j', (text) => {
    expect(decodeBase64url(text)).toBeNull();
  });
});
