/** Short random identifiers, as trackers use them: eight characters that are easy to read out and to type. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, lower case

/** A new identifier, 40 random bits: `k3v9x0ab`. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => ALPHABET[byte & 31]).join('');
}
