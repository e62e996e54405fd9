import { afterEach, describe, expect, it } from 'vitest';
import { CONNECTION_TIMINGS, PeerConnection } from '../../../../src/peers/connect/peer-connection';
import { newPeerId } from '../../../../src/peers/signalling/room';
import type { PeerMessage } from '../../../../src/peers/signalling/messages';
import { plainLink } from './channels';

/** Two ends whose words pass through `pass`: what it returns arrives. */
class Wire {
  readonly said: PeerMessage[] = [];
  readonly closed: string[] = [];
  readonly offerer: PeerConnection;
  readonly answerer: PeerConnection;
  #order = Promise.resolve();

  constructor(
    readonly pass: (message: PeerMessage) => PeerMessage | null = (message) => message,
    timings = {},
  ) {
    const connection = newPeerId();
    const end = (role: 'offerer' | 'answerer'): PeerConnection =>
      new PeerConnection({
        peerId: newPeerId(),
        connection,
        role,
        connections: 1,
        rtc: {},
        timings: { ...CONNECTION_TIMINGS, ...timings },
        send: (message) => this.#carry(role, message),
        onConnected: () => undefined,
        onClosed: (reason) => this.closed.push(`${role}: ${reason}`),
      });
    this.offerer = end('offerer');
    this.answerer = end('answerer');
    wires.push(this);
  }

  async connect(): Promise<void> {
    await this.offerer.start();
    await expect.poll(() => this.offerer.connected && this.answerer.connected, { timeout: 10_000 }).toBe(true);
  }

  #carry(from: 'offerer' | 'answerer', message: PeerMessage): void {
    this.said.push(message);
    const passed = this.pass(message);
    if (passed === null) return;
    this.#order = this.#order.then(() => (from === 'offerer' ? this.answerer : this.offerer).receive(passed));
  }
}

const wires: Wire[] = [];
afterEach(() => {
  for (const { offerer, answerer } of wires.splice(0)) {
    offerer.close('The test is over.');
    answerer.close('The test is over.');
  }
});

const offers = (wire: Wire) => wire.said.filter((message) => message.type === 'offer');

describe('a connection to a peer', () => {
  it('finds another way when it is asked to, and its channels live on', async () => {
    const wire = new Wire(undefined, { restart: 50 });
    const [one, two] = [plainLink(wire.offerer.peer), plainLink(wire.answerer.peer)];
    await wire.connect();
    const fragment = (sdp: string): string | undefined => /a=ice-ufrag:(\S+)/.exec(sdp)?.[1];
    await wire.offerer.receive({ type: 'restart', connection: wire.offerer.peer.connection, index: 0 });
    await expect.poll(() => wire.said.filter(({ type }) => type === 'answer').length).toBe(2);
    const [first, second] = offers(wire);
    expect(second.number).toBe(2);
    expect(fragment(second.sdp)).not.toBe(fragment(first.sdp));
    const heard = new Promise<number>((resolve) => (two.onMessage = (message) => resolve(message[0])));
    one.send(Uint8Array.of(7));
    expect(await heard).toBe(7);
    await expect.poll(() => wire.offerer.connected && wire.answerer.connected).toBe(true);
    expect(wire.closed).toEqual([]);
  });

  it('ends with a sentence when there is no way', async () => {
    const isWay = ({ type }: PeerMessage): boolean => type === 'candidate';
    const wire = new Wire((message) => (isWay(message) ? null : message), { connect: 300 });
    await wire.offerer.start();
    await expect.poll(() => wire.closed.length).toBe(2);
    expect(wire.closed[0]).toContain('No way to it was found');
    expect(await wire.offerer.peer.closed).toBe(await wire.answerer.peer.closed);
  });

  it('ends when the other side shows another certificate than at first', async () => {
    const wire = new Wire(
      (message) =>
        message.type === 'offer' && message.number > 1
          ? { ...message, sdp: message.sdp.replace(/(a=fingerprint:sha-256 )(..)/g, '$1EE') }
          : message,
      { restart: 50 },
    );
    await wire.connect();
    await wire.offerer.receive({ type: 'restart', connection: wire.offerer.peer.connection, index: 0 });
    await expect.poll(() => wire.closed.length).toBe(2);
    expect(wire.closed[0]).toContain('its certificate changed');
  });

  it('ends when a description is none', async () => {
    const wire = new Wire((message) => (message.type === 'offer' ? { ...message, sdp: 'v=0' } : message));
    await wire.offerer.start();
    await expect.poll(() => wire.closed.length).toBe(2);
    expect(wire.closed[0]).toContain('could not agree');
  });

  it('leaves alone what is late: an answer to an old offer, an offer to the side that offers', async () => {
    const wire = new Wire();
    await wire.connect();
    const answer = wire.said.find((message) => message.type === 'answer');
    if (!answer) throw new Error('nobody answered');
    await wire.offerer.receive(answer);
    await wire.offerer.receive({ ...offers(wire)[0], number: 9 });
    await wire.answerer.receive(offers(wire)[0]);
    expect(wire.closed).toEqual([]);
    expect(wire.offerer.connected).toBe(true);
  });
});
