import { describe, expect, it } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../../../src/base/base64url';
import { Sealer } from '../../../../src/peers/signalling/envelope';
import { deriveRoomKeys } from '../../../../src/peers/signalling/keys';
import { newRoom, type Room } from '../../../../src/peers/signalling/room';

const [ANN, BOB, CY] = ['a'.repeat(16), 'b'.repeat(16), 'c'.repeat(16)];
const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);
const sealer = async (room: Room, me: string): Promise<Sealer> =>
  new Sealer((await deriveRoomKeys(room)).seal, room.id, me);

describe('an envelope', () => {
  const room = newRoom();

  it('is opened by whom it is for', async () => {
    const [ann, bob] = [await sealer(room, ANN), await sealer(room, BOB)];
    const envelope = await ann.seal(BOB, text('a way to me'));
    expect(new TextDecoder().decode(decodeBase64url(envelope) ?? undefined)).not.toContain('way');
    expect(await bob.open(ANN, envelope)).toEqual({ content: text('a way to me') });
  });

  it('is opened by nobody without the secret, in another room, under another name', async () => {
    const ann = await sealer(room, ANN);
    const envelope = await ann.seal(BOB, text('x'));
    const forged = { fault: 'forged' };
    expect(await (await sealer({ ...room, secret: newRoom().secret }, BOB)).open(ANN, envelope)).toEqual(forged);
    expect(await (await sealer({ ...room, id: newRoom().id }, BOB)).open(ANN, envelope)).toEqual(forged);
    expect(await (await sealer(room, CY)).open(ANN, envelope)).toEqual(forged);
    expect(await (await sealer(room, BOB)).open(CY, envelope)).toEqual(forged);
    expect(await ann.open(BOB, envelope)).toEqual(forged);
  });

  it('is not opened when any byte of it was changed', async () => {
    const [ann, bob] = [await sealer(room, ANN), await sealer(room, BOB)];
    const bytes = decodeBase64url(await ann.seal(BOB, text('x'))) ?? new Uint8Array();
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i] ^= 1;
      expect(await bob.open(ANN, encodeBase64url(changed))).toEqual({ fault: i === 0 ? 'malformed' : 'forged' });
    }
    for (const nonsense of ['', '?', 'AAAA', encodeBase64url(bytes.subarray(0, 16))]) {
      expect(await bob.open(ANN, nonsense)).toEqual({ fault: 'malformed' });
    }
    expect(await bob.open(ANN, encodeBase64url(bytes))).toHaveProperty('content');
  });

  it('is opened once, and not after a later one', async () => {
    const [ann, bob] = [await sealer(room, ANN), await sealer(room, BOB)];
    const [first, second, third] = [
      await ann.seal(BOB, text('1')),
      await ann.seal(BOB, text('2')),
      await ann.seal(BOB, text('3')),
    ];
    expect(await bob.open(ANN, second)).toHaveProperty('content');
    expect(await bob.open(ANN, second)).toEqual({ fault: 'replayed' });
    expect(await bob.open(ANN, first)).toEqual({ fault: 'replayed' });
    expect(await Promise.all([bob.open(ANN, third), bob.open(ANN, third)])).toContainEqual({ fault: 'replayed' });
  });
});

describe('the keys of a room', () => {
  it('cannot be read out, and differ by use', async () => {
    const keys = await deriveRoomKeys(newRoom());
    for (const key of [keys.seal, keys.proof]) {
      expect(key.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
    }
    expect(keys.seal.usages).toEqual(['encrypt', 'decrypt']);
    expect(keys.proof.usages).toEqual(['sign', 'verify']);
  });

  it('are those of RFC 5869 with the room’s id as salt', async () => {
    const room = { id: 'AAECAwQFBgcICQoLDA0ODw', secret: 'EBESExQVFhcYGRobHB0eHw' };
    const { proof } = await deriveRoomKeys(room);
    // HKDF by hand, with HMAC only: extract, then one block of expand.
    const hmac = async (key: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>) => {
      const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data));
    };
    const bytes = (length: number, from: number) => Uint8Array.from({ length }, (_, i) => from + i);
    const extracted = await hmac(bytes(16, 0), bytes(16, 16));
    const expanded = await hmac(extracted, Uint8Array.from([...text('lathe room 1 proof'), 1]));
    expect(new Uint8Array(await crypto.subtle.sign('HMAC', proof, text('x')))).toEqual(await hmac(expanded, text('x')));
  });
});
