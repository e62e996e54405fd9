import { afterEach, describe, expect, it } from 'vitest';
import { handshake } from '../../../../src/peers/connect/handshake';
import type { NewPeer } from '../../../../src/peers/connect/new-peer';
import {
  answerPairing,
  offerPairing,
  pairingCodeIn,
  pairingLink,
  type Pairing,
} from '../../../../src/peers/connect/pairing';
import { qrSvg } from '../../../../src/peers/connect/qr';
import type { Link } from '../../../../src/peers/transport/link';
import { plainLink } from './channels';

const open: Pairing[] = [];
afterEach(() => {
  for (const pairing of open.splice(0)) pairing.close('The test is over.');
});

/** Receives the peer of a pairing. */
class Side {
  peer: NewPeer | null = null;
  link: Link | null = null;
  readonly onPeer = (peer: NewPeer): void => {
    this.peer = peer;
    this.link = plainLink(peer);
  };

  greet({ keys, me }: Pairing) {
    if (!this.peer || !this.link) throw new Error('no peer was handed out');
    return handshake(this.link, {
      key: keys.proof,
      fingerprints: this.peer.fingerprints,
      me: { id: me, name: me, adapter: null },
      role: this.peer.role,
      peerId: this.peer.peerId,
      patienceMs: this.peer.patienceMs,
    });
  }
}

const offer = async (side: Side) => {
  const pairing = await offerPairing({ rtc: {}, onPeer: side.onPeer });
  open.push(pairing);
  return pairing;
};
const answer = async (code: string, side: Side) => {
  const pairing = await answerPairing(code, { rtc: {}, onPeer: side.onPeer });
  open.push(pairing);
  return pairing;
};

describe('pairing by hand', () => {
  it('links two browsers with a code each way, and each with proof', async () => {
    const [ann, bob] = [new Side(), new Side()];
    const offered = await offer(ann);
    // From a link, as a camera reads it.
    const answered = await answer(pairingLink(offered.code, 'http://localhost:4173/?x#/runs'), bob);
    await offered.accept(`  ${answered.code}\n`);
    const [one, two] = await Promise.all([ann.greet(offered), bob.greet(answered)]);
    expect(one.hello.id).toBe(answered.me);
    expect(two.hello.id).toBe(offered.me);
    expect(answered.room).toEqual(offered.room);
    offered.close('Bye.');
    expect(await ann.peer?.closed).toBe('Bye.');
  });

  it('has codes that fit a QR code well, and an answer that tells nothing', async () => {
    const [ann, bob] = [new Side(), new Side()];
    const offered = await offer(ann);
    const answered = await answer(offered.code, bob);
    const link = pairingLink(offered.code, 'http://localhost:4173/');
    expect(Math.max(link.length, answered.code.length)).toBeLessThan(600);
    for (const text of [link, answered.code]) {
      const svg = new DOMParser().parseFromString(qrSvg(text) ?? '', 'image/svg+xml');
      expect(svg.querySelector('parsererror')).toBeNull();
      expect(svg.querySelector('path')).not.toBeNull();
    }
    const other = await offer(new Side());
    await expect(other.accept(answered.code)).rejects.toThrow('answers another offer');
  });

  it('says which code belongs where, and when one is damaged', async () => {
    const [ann, bob] = [new Side(), new Side()];
    const offered = await offer(ann);
    const answered = await answer(offered.code, bob);
    await expect(offered.accept(offered.code)).rejects.toThrow('This is an offer code');
    await expect(answer(answered.code, new Side())).rejects.toThrow('This is an answer code');
    await expect(offered.accept('LATHE-B.AAAA')).rejects.toThrow('no answer code');
    await expect(answer(offered.code.slice(0, -10), new Side())).rejects.toThrow('no offer code');
    await expect(answer('hello', new Side())).rejects.toThrow('no offer code');
    await offered.accept(answered.code);
    await expect(offered.accept(answered.code)).rejects.toThrow('used already');
    expect(pairingCodeIn(answered.code)?.kind).toBe('answer');
    expect(pairingCodeIn('hello')).toBeNull();
  });
});

describe('a QR code', () => {
  it('is none for what is too long', () => {
    expect(qrSvg('x'.repeat(2953))).toContain('<svg');
    expect(qrSvg('x'.repeat(2954))).toBeNull();
  });
});
