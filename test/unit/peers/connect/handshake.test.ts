import { describe, expect, it } from 'vitest';
import { handshake, StrangerError, type HandshakeOptions } from '../../../../src/peers/connect/handshake';
import { deriveRoomKeys } from '../../../../src/peers/signalling/keys';
import { newRoom } from '../../../../src/peers/signalling/room';
import type { Link, Traffic } from '../../../../src/peers/transport/link';

const [ANN, BOB] = ['a'.repeat(16), 'b'.repeat(16)];

/** One end of a pipe: messages arrive in later tasks, in order; those without a handler are lost. */
class Pipe implements Link {
  onMessage: Link['onMessage'] = null;
  onFrame: Link['onFrame'] = null;
  onClose: Link['onClose'] = null;
  closed = false;
  readonly traffic: Traffic = { sent: 0, received: 0 };
  readonly said: string[] = [];
  other: Pipe | null = null;
  /** Changes what is sent. */
  tamper: (text: string) => string = (same) => same;

  static pair(): [Pipe, Pipe] {
    const [a, b] = [new Pipe(), new Pipe()];
    [a.other, b.other] = [b, a];
    return [a, b];
  }

  send(message: Uint8Array): void {
    const text = this.tamper(new TextDecoder().decode(message));
    this.said.push(text);
    setTimeout(() => this.other?.onMessage?.(new TextEncoder().encode(text)));
  }

  sendFrame(frame: Uint8Array): Promise<void> {
    const copy = frame.slice();
    setTimeout(() => this.other?.onFrame?.(copy));
    return Promise.resolve();
  }

  close(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose?.(reason);
    setTimeout(() => this.other?.close(reason));
  }
}

const room = newRoom();
const keys = await deriveRoomKeys(room);
const otherKeys = await deriveRoomKeys({ ...room, secret: newRoom().secret });

const ann = (changes: Partial<HandshakeOptions> = {}): HandshakeOptions => ({
  key: keys.proof,
  fingerprints: { local: 'sha-256 AA', remote: 'sha-256 BB' },
  me: { id: ANN, name: 'Ann', adapter: null },
  role: 'answerer',
  peerId: BOB,
  patienceMs: 10_000,
  ...changes,
});
const bob = (changes: Partial<HandshakeOptions> = {}): HandshakeOptions => ({
  key: keys.proof,
  fingerprints: { local: 'sha-256 BB', remote: 'sha-256 AA' },
  me: { id: BOB, name: null, adapter: 'a gpu' },
  role: 'offerer',
  peerId: ANN,
  patienceMs: 10_000,
  ...changes,
});

/** Both ends greet; how it went for each. */
const greet = async (first: HandshakeOptions, second: HandshakeOptions, [a, b] = Pipe.pair()) =>
  Promise.allSettled([handshake(a, first), handshake(b, second)]);

const failures = (results: PromiseSettledResult<unknown>[]): unknown[] =>
  results.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : null));

describe('a handshake', () => {
  it('tells each who the other is', async () => {
    const [first, second] = await greet(ann(), bob());
    expect(first).toMatchObject({ status: 'fulfilled', value: { hello: { id: BOB, name: null, adapter: 'a gpu' } } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { hello: { id: ANN, name: 'Ann', adapter: null } } });
  });

  it('works when the first word is lost, because the other end was not listening yet', async () => {
    const [a, b] = Pipe.pair();
    const first = handshake(a, ann());
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = handshake(b, bob());
    expect((await first).hello.id).toBe(BOB);
    expect((await second).hello.id).toBe(ANN);
  });

  it('waits for the certificates', async () => {
    let tell = (_: { local: string; remote: string }): void => {};
    const fingerprints = new Promise<{ local: string; remote: string }>((resolve) => (tell = resolve));
    const greeting = greet(ann({ fingerprints }), bob());
    setTimeout(() => tell({ local: 'sha-256 AA', remote: 'sha-256 BB' }), 10);
    expect(failures(await greeting)).toEqual([null, null]);
  });

  it('keeps what comes behind the proof, in order, until its handlers are there', async () => {
    const [a, b] = Pipe.pair();
    const first = handshake(a, ann());
    void handshake(b, bob()).then(async () => {
      b.send(new TextEncoder().encode('one'));
      await b.sendFrame(Uint8Array.of(1));
      b.send(new TextEncoder().encode('two'));
    });
    const { release } = await first;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const got: string[] = [];
    a.onMessage = (message) => got.push(new TextDecoder().decode(message));
    a.onFrame = (frame) => got.push(`frame ${frame[0]}`);
    release();
    expect(got.filter((text) => !text.startsWith('frame'))).toEqual(['one', 'two']);
    expect(got).toContain('frame 1');
    b.send(new TextEncoder().encode('three'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(got.at(-1)).toBe('three');
  });

  it.each([
    ['another secret', { key: otherKeys.proof }],
    ['another certificate: somebody sits in between', { fingerprints: { local: 'sha-256 AA', remote: 'sha-256 EE' } }],
    ['the same role', { role: 'offerer' as const }],
  ])('refuses %s on both sides, and closes', async (_, changes) => {
    const pipes = Pipe.pair();
    const results = await greet(ann(changes), bob(), pipes);
    expect(failures(results).some((error) => error instanceof StrangerError)).toBe(true);
    expect(failures(results).every((error) => error instanceof Error)).toBe(true);
    expect(pipes.every(({ closed }) => closed)).toBe(true);
  });

  it('refuses another peer than the one that the link was made to', async () => {
    const results = await greet(ann({ peerId: 'c'.repeat(16) }), bob());
    expect(failures(results)[0]).toBeInstanceOf(StrangerError);
  });

  it('refuses a proof that was only sent back', async () => {
    const [a, b] = Pipe.pair();
    const greeting = handshake(a, ann());
    b.onMessage = (message) => {
      // A mirror with another id: it has no secret, so it repeats what it hears.
      b.send(new TextEncoder().encode(new TextDecoder().decode(message).replace(ANN, BOB)));
    };
    await expect(greeting).rejects.toThrow(StrangerError);
  });

  it('refuses words that were changed on the way', async () => {
    const pipes = Pipe.pair();
    pipes[1].tamper = (text) => text.replace('a gpu', 'another');
    expect(failures(await greet(ann(), bob(), pipes))[0]).toBeInstanceOf(StrangerError);
  });

  it.each([
    '',
    'hello',
    '{"type":"hello"}',
    '{"type":"proof","mac":"x"}',
    `{"type":"proof","mac":"${'A'.repeat(43)}"}`,
  ])('refuses whoever begins with %j', async (text) => {
    const [a, b] = Pipe.pair();
    const greeting = handshake(a, ann());
    b.send(new TextEncoder().encode(text));
    await expect(greeting).rejects.toThrow(StrangerError);
    expect(a.closed).toBe(true);
  });

  it('says that the versions differ', async () => {
    const pipes = Pipe.pair();
    pipes[1].tamper = (text) => text.replace('"version":1', '"version":2');
    const [error] = failures(await greet(ann(), bob(), pipes));
    expect(String(error)).toContain('Update both');
    expect(error).not.toBeInstanceOf(StrangerError);
  });

  it('ends when the link does, and when nobody answers', async () => {
    const [a, b] = Pipe.pair();
    const greeting = handshake(a, ann());
    b.close('gone');
    await expect(greeting).rejects.toThrow('gone');
    await expect(handshake(a, ann())).rejects.toThrow('closed already');
    const [c] = Pipe.pair();
    await expect(handshake(c, ann({ patienceMs: 5 }))).rejects.toThrow('did not answer');
    expect(c.closed).toBe(true);
  });
});
