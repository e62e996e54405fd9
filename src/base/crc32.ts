/**
 * CRC-32 as in ZIP and PNG (ISO 3309, reflected polynomial 0xedb88320), sixteen bytes at a time ("slicing": Kounavis and
 * Berry, A Systematic Approach to Building High Performance Software-Based CRC Generators, 2005), read as four words: every
 * machine that runs a browser is little-endian.
 */

/** Table k, at 256 k: what a byte does to the checksum after k more bytes of zeros. Signed, so that no number leaves 31 bits. */
const TABLES = new Int32Array(16 * 256);
for (let n = 0; n < 256; n++) {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLES[n] = value;
}
for (let i = 256; i < TABLES.length; i++) {
  const before = TABLES[i - 256];
  TABLES[i] = (before >>> 8) ^ TABLES[before & 0xff];
}

/** The checksum of `bytes`, going on from that of the bytes before them. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const table = TABLES;
  let crc = ~before;
  let at = 0;
  // Words begin at multiples of four.
  for (const end = Math.min(bytes.length, -bytes.byteOffset & 3); at < end; at++) {
    crc = table[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  }
  const whole = ((bytes.length - at) >> 2) & ~3;
  const words = new Int32Array(bytes.buffer, whole > 0 ? bytes.byteOffset + at : 0, whole);
  for (let i = 0; i < whole; i += 4) {
    const a = crc ^ words[i];
    const b = words[i + 1];
    const c = words[i + 2];
    const d = words[i + 3];
    crc =
      table[3840 + (a & 0xff)] ^
      table[3584 + ((a >>> 8) & 0xff)] ^
      table[3328 + ((a >>> 16) & 0xff)] ^
      table[3072 + (a >>> 24)] ^
      table[2816 + (b & 0xff)] ^
      table[2560 + ((b >>> 8) & 0xff)] ^
      table[2304 + ((b >>> 16) & 0xff)] ^
      table[2048 + (b >>> 24)] ^
      table[1792 + (c & 0xff)] ^
      table[1536 + ((c >>> 8) & 0xff)] ^
      table[1280 + ((c >>> 16) & 0xff)] ^
      table[1024 + (c >>> 24)] ^
      table[768 + (d & 0xff)] ^
      table[512 + ((d >>> 8) & 0xff)] ^
      table[256 + ((d >>> 16) & 0xff)] ^
      table[d >>> 24];
  }
  for (at += 4 * whole; at < bytes.length; at++) crc = table[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
