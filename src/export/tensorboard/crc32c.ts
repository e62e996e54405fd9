/**
 * CRC-32C (Castagnoli; reflected polynomial 0x82f63b78; RFC 3720, appendix B.4), as the records of event files bear it, eight
 * bytes at a time ("slicing": see `base/crc32.ts`).
 */

/** Table k, at 256 k: what a byte does to the checksum after k more bytes of zeros. Signed, so that no number leaves 31 bits. */
const TABLES = new Int32Array(8 * 256);
for (let n = 0; n < 256; n++) {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  TABLES[n] = value;
}
for (let i = 256; i < TABLES.length; i++) {
  const before = TABLES[i - 256];
  TABLES[i] = (before >>> 8) ^ TABLES[before & 0xff];
}

/** The checksum of `bytes[from … to)`, in 32 bits without a sign. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const table = TABLES;
  let crc = -1;
  let at = from;
  for (const end = to - 7; at < end; at += 8) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    crc =
      table[1792 + (crc & 0xff)] ^
      table[1536 + ((crc >>> 8) & 0xff)] ^
      table[1280 + ((crc >>> 16) & 0xff)] ^
      table[1024 + (crc >>> 24)] ^
      table[768 + bytes[at + 4]] ^
      table[512 + bytes[at + 5]] ^
      table[256 + bytes[at + 6]] ^
      table[bytes[at + 7]];
  }
  for (; at < to; at++) crc = table[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * The checksum as records store it: rotated and moved by a constant, since a checksum over data that holds checksums is a
 * weak one (TensorFlow, `tsl/lib/hash/crc32c.h`).
 */
export const maskCrc = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
