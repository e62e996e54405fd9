/** Keys of a room, from its secret: HKDF with SHA-256 (RFC 5869), salted with the room's id. */
import { decodeBase64url } from '../../base/base64url';
import { LatheError } from '../../base/errors';
import type { Room } from './room';

/** Keys of a room. They can be posted to workers, and not be read out. */
export interface RoomKeys {
  /** AES-GCM, 256 bits: seals what goes through the signalling server. */
  seal: CryptoKey;
  /** HMAC with SHA-256: proves that the other end of a connection has the secret. */
  proof: CryptoKey;
}

/** @throws LatheError of kind `backend` where the page is in no secure context */
export async function deriveRoomKeys({ id, secret }: Room): Promise<RoomKeys> {
  const [salt, material] = [decodeBase64url(id), decodeBase64url(secret)];
  if (!salt || !material) throw new LatheError('usage', 'The link of this room is damaged. Copy it again.');
  const base = await subtle().importKey('raw', material, 'HKDF', false, ['deriveKey']);
  const derive = (
    use: string,
    algorithm: AesDerivedKeyParams | HmacImportParams,
    usages: KeyUsage[],
  ): Promise<CryptoKey> => {
    const info = new TextEncoder().encode(`lathe room 1 ${use}`);
    return subtle().deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info }, base, algorithm, false, usages);
  };
  const [seal, proof] = await Promise.all([
    derive('seal', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']),
    derive('proof', { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign', 'verify']),
  ]);
  return { seal, proof };
}

function subtle(): SubtleCrypto {
  // Missing outside of secure contexts, whatever the types say.
  if ('subtle' in crypto && crypto.subtle !== undefined) return crypto.subtle;
  throw new LatheError(
    'backend',
    'A browser gives a page the keys that a room needs only over https or at localhost. Open Lathe there.',
  );
}
