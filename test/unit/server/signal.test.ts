import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { serveSignal, type RunningSignalServer } from '../../../server/signal-only';
import type { SignalLimits } from '../../../server/signal';
import { SIGNAL_VERSION, type SignalAnswer, type SignalRequest } from '../../../src/base/signal-protocol';

const ROOM = 'AAAAAAAAAAAAAAAAAAAAAA';
const OTHER_ROOM = 'BAAAAAAAAAAAAAAAAAAAAA';
const [ANN, BOB, CY] = ['a'.repeat(16), 'b'.repeat(16), 'c'.repeat(16)];

/** A page, by hand. */
class Page {
  readonly answers: SignalAnswer[] = [];
  readonly closed: Promise<number>;
  #wake: () => void = () => {};

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.answers.push(JSON.parse(data.toString()) as SignalAnswer);
      this.#wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async open(url: string): Promise<Page> {
    const socket = new WebSocket(url);
    const page = new Page(socket);
    await once(socket, 'open');
    return page;
  }

  say(request: SignalRequest | string): void {
    this.socket.send(typeof request === 'string' ? request : JSON.stringify(request));
  }

  join(peer: string, room = ROOM, token = peer): void {
    this.say({ type: 'join', version: SIGNAL_VERSION, room, peer, token });
  }

  /** The first answer of that kind that was not taken yet. */
  async next<T extends SignalAnswer['type']>(type: T): Promise<SignalAnswer & { type: T }> {
    const is = (answer: SignalAnswer): answer is SignalAnswer & { type: T } => answer.type === type;
    for (;;) {
      const at = this.answers.findIndex(is);
      const answer = this.answers[at];
      if (answer && is(answer)) {
        this.answers.splice(at, 1);
        return answer;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Until all that was sent to the server before has been answered. */
  async settle(): Promise<void> {
    this.say({ type: 'ping' });
    await this.next('pong');
  }
}

let server: RunningSignalServer;
const start = async (limits: Partial<SignalLimits> = {}): Promise<void> => {
  server = await serveSignal(0, '127.0.0.1', limits);
};
const open = (): Promise<Page> => Page.open(`ws://127.0.0.1:${server.port}/signal`);
const enter = async (peer: string, room = ROOM): Promise<Page> => {
  const page = await open();
  page.join(peer, room);
  return page;
};

afterEach(() => server.close());

describe('a signalling server', () => {
  beforeEach(() => start());

  it('introduces the peers of a room to each other, and tells who leaves', async () => {
    const ann = await enter(ANN);
    expect((await ann.next('welcome')).peers).toEqual([]);
    const bob = await enter(BOB);
    expect((await bob.next('welcome')).peers).toEqual([ANN]);
    expect((await ann.next('joined')).peer).toBe(BOB);
    ann.socket.terminate();
    expect((await bob.next('left')).peer).toBe(ANN);
  });

  it('hands envelopes to whom they are for, and to nobody in another room', async () => {
    const [ann, bob, cy] = [await enter(ANN), await enter(BOB), await enter(CY, OTHER_ROOM)];
    await Promise.all([ann, bob, cy].map((page) => page.next('welcome')));
    ann.say({ type: 'signal', to: BOB, envelope: 'sealed' });
    expect(await bob.next('signal')).toEqual({ type: 'signal', from: ANN, envelope: 'sealed' });
    ann.say({ type: 'signal', to: CY, envelope: 'sealed' });
    expect((await ann.next('undelivered')).to).toBe(CY);
    await cy.settle();
    expect(cy.answers).toEqual([]);
  });

  it('takes a page back that shows its token, and nobody else with its id', async () => {
    const ann = await enter(ANN);
    const bob = await enter(BOB);
    await ann.next('joined');
    const thief = await open();
    thief.join(BOB, ROOM, 'another');
    expect((await thief.next('refused')).reason).toBe('taken');
    await thief.closed;

    const again = await enter(BOB);
    expect((await again.next('welcome')).peers).toEqual([ANN]);
    expect((await bob.next('refused')).reason).toBe('replaced');
    await bob.closed;
    ann.say({ type: 'signal', to: BOB, envelope: 'still here' });
    expect((await again.next('signal')).envelope).toBe('still here');
    expect(ann.answers.filter(({ type }) => type === 'left' || type === 'joined')).toEqual([]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['a message that there is not', JSON.stringify({ type: 'dance' })],
    ['an id that is none', JSON.stringify({ type: 'join', version: 1, room: '../etc', peer: ANN, token: '' })],
    ['a word before joining', JSON.stringify({ type: 'signal', to: ANN, envelope: '' })],
  ])('sends %s away', async (_, text) => {
    const page = await open();
    page.say(text);
    expect((await page.next('refused')).reason).toBe('malformed');
    expect(await page.closed).toBe(1008);
  });

  it('sends other versions away, and tells them why', async () => {
    const page = await open();
    page.say(JSON.stringify({ type: 'join', version: 99, room: ROOM, peer: ANN, token: '' }));
    const { reason, message } = await page.next('refused');
    expect(reason).toBe('version');
    expect(message).toContain('Update Lathe');
  });

  it('cuts those who send more than a message may have', async () => {
    const page = await open();
    page.say('x'.repeat(65_537));
    expect(await page.closed).toBe(1009);
  });

  it('answers at its own path only', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/other`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('404');
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(response.status).toBe(426);
  });

  it('lets the first of two halves go on, however often it asks', async () => {
    const [ann, bob] = [await enter(ANN), await enter(BOB)];
    const { register } = await ann.next('welcome');
    expect((await bob.next('welcome')).register).toBe(register);
    const claim = async (page: Page, members: number[], changes: { register?: string; base?: number } = {}) => {
      page.say({ type: 'claim', id: 7, register, group: 'g', base: 3, members, ...changes });
      return (await page.next('claimed')).granted;
    };
    expect(await claim(ann, [1, 4])).toBe(true);
    expect(await claim(bob, [2, 3])).toBe(false);
    expect(await claim(ann, [4, 1])).toBe(true);
    expect(await claim(bob, [2, 3], { base: 4 })).toBe(true);
    expect(await claim(ann, [1, 4], { base: 5, register: 'forgotten' })).toBe(false);
  });

  it('keeps the register of a room that everybody left', async () => {
    const ann = await enter(ANN);
    const { register } = await ann.next('welcome');
    ann.say({ type: 'claim', id: 1, register, group: 'g', base: 3, members: [1] });
    await ann.next('claimed');
    ann.socket.close();
    await ann.closed;
    const bob = await enter(BOB);
    expect(await bob.next('welcome')).toMatchObject({ register, peers: [] });
    bob.say({ type: 'claim', id: 1, register, group: 'g', base: 3, members: [2] });
    expect((await bob.next('claimed')).granted).toBe(false);
  });
});

describe('what a signalling server bears', () => {
  it('no more peers than a room holds', async () => {
    await start({ peers_per_room: 2 });
    const [ann, bob] = [await enter(ANN), await enter(BOB)];
    await Promise.all([ann.next('welcome'), bob.next('welcome')]);
    const cy = await enter(CY);
    expect((await cy.next('refused')).reason).toBe('room_full');
  });

  it('no more rooms than it holds; those that are empty make place', async () => {
    await start({ rooms: 1 });
    const ann = await enter(ANN);
    await ann.next('welcome');
    const bob = await enter(BOB, OTHER_ROOM);
    expect((await bob.next('refused')).reason).toBe('server_full');
    ann.socket.close();
    await ann.closed;
    const cy = await enter(CY, OTHER_ROOM);
    expect((await cy.next('welcome')).peers).toEqual([]);
    expect(server.signalling.load.rooms).toBe(1);
  });

  it('no flood', async () => {
    await start({ burst: 10, rate: 0 });
    const ann = await enter(ANN);
    await ann.next('welcome');
    for (let i = 0; i < 10; i++) ann.say({ type: 'ping' });
    expect((await ann.next('refused')).reason).toBe('rate');
    await ann.closed;
  });

  it('nobody who does not join, and nobody who does not answer', async () => {
    await start({ join_ms: 20, ping_ms: 20 });
    const idle = await open();
    await idle.closed;
    const deaf = new WebSocket(`ws://127.0.0.1:${server.port}/signal`, { autoPong: false });
    await once(deaf, 'open');
    deaf.send(JSON.stringify({ type: 'join', version: SIGNAL_VERSION, room: ROOM, peer: ANN, token: '' }));
    await once(deaf, 'close');
    await expect.poll(() => server.signalling.load.connections).toBe(0);
  });

  it('no connection beyond those it holds', async () => {
    await start({ connections: 1 });
    await enter(ANN);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/signal`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('503');
  });
});
