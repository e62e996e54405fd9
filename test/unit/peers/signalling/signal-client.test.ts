import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { serveSignal, type RunningSignalServer } from '../../../../server/signal-only';
import type { SignalLimits } from '../../../../server/signal';
import { newRoom } from '../../../../src/peers/signalling/room';
import { SignalClient, type SignalState } from '../../../../src/peers/signalling/signal-client';
import { serverWitness } from '../../../../src/peers/signalling/witness';
import { openWsSocket } from '../../../helpers/ws-socket';

const [ANN, BOB] = ['a'.repeat(16), 'b'.repeat(16)];
const timings = { first_pause: 10, longest_pause: 20, patience: 200, ping: 50 };
const room = newRoom().id;

/** A client, and what it was told. */
class Listener {
  readonly told: unknown[] = [];
  readonly states: SignalState[] = [];
  readonly client: SignalClient;

  constructor(peer: string, url = `ws://127.0.0.1:${server.port}/signal`) {
    this.client = new SignalClient({
      url,
      room,
      peer,
      timings,
      openSocket: openWsSocket,
      onPeers: (peers) => this.told.push({ peers }),
      onJoined: (joined) => this.told.push({ joined }),
      onLeft: (left) => this.told.push({ left }),
      onEnvelope: (from, envelope) => this.told.push({ from, envelope }),
      onUndelivered: (to) => this.told.push({ undelivered: to }),
      onState: (state) => this.states.push(state),
    });
    clients.push(this.client);
  }

  async joined(): Promise<this> {
    await expect.poll(() => this.client.state.state).toBe('joined');
    return this;
  }
}

let server: RunningSignalServer;
const clients: SignalClient[] = [];
const serve = async (port = 0, limits: Partial<SignalLimits> = {}): Promise<void> => {
  server = await serveSignal(port, '127.0.0.1', limits);
};

beforeEach(() => serve());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

describe('a client of a signalling server', () => {
  it('meets others, tells them things, and hears when they go', async () => {
    const ann = await new Listener(ANN).joined();
    const bob = await new Listener(BOB).joined();
    expect(bob.told).toEqual([{ peers: [ANN] }]);
    bob.client.send(ANN, 'hello');
    bob.client.send('c'.repeat(16), 'hello?');
    await expect.poll(() => ann.told).toEqual([{ peers: [] }, { joined: BOB }, { from: BOB, envelope: 'hello' }]);
    await expect.poll(() => bob.told).toContainEqual({ undelivered: 'c'.repeat(16) });
    bob.client.close();
    await expect.poll(() => ann.told).toContainEqual({ left: BOB });
    expect(bob.states.at(-1)).toEqual({ state: 'closed', error: null });
  });

  it('comes back when the server does, and then says what had to wait', async () => {
    const [ann, bob] = [await new Listener(ANN).joined(), await new Listener(BOB).joined()];
    const { port } = server;
    await server.close();
    await expect.poll(() => ann.client.state.state).not.toBe('joined');
    ann.client.send(BOB, 'late');
    await expect.poll(() => ann.states.some(({ state }) => state === 'waiting')).toBe(true);
    await serve(port);
    // Whoever comes first finds the room empty.
    await expect
      .poll(() => [ann, bob].some(({ told }) => told.slice(1).some((t) => JSON.stringify(t).includes('peers'))))
      .toBe(true);
    await Promise.all([ann.joined(), bob.joined()]);
    const delivered = () =>
      bob.told.some((t) => JSON.stringify(t).includes('late')) ||
      ann.told.some((t) => JSON.stringify(t).includes('und'));
    await expect.poll(delivered).toBe(true);
  });

  it('says in a sentence when nobody answers, and tries again', async () => {
    const { port } = server;
    await server.close();
    const ann = new Listener(ANN, `ws://127.0.0.1:${port}/signal`);
    await expect.poll(() => ann.states.filter(({ state }) => state === 'waiting').length).toBeGreaterThan(2);
    const waiting = ann.states.find((state) => state.state === 'waiting');
    expect(waiting?.state === 'waiting' && waiting.reason).toContain('npm run signal');
    await serve(port);
    await ann.joined();
  });

  it('gives up a server that fell silent', async () => {
    const silent = createServer();
    new WebSocketServer({ server: silent });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const ann = new Listener(ANN, `ws://127.0.0.1:${(silent.address() as AddressInfo).port}/signal`);
    await expect.poll(() => ann.states.map(({ state }) => state), { timeout: 5000 }).toContain('waiting');
    ann.client.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('stays while the server answers its pings', async () => {
    const ann = await new Listener(ANN).joined();
    await new Promise((resolve) => setTimeout(resolve, 3 * timings.ping + timings.patience));
    expect(ann.states.map(({ state }) => state)).toEqual(['connecting', 'joined']);
  });

  it('ends where trying again is no use', async () => {
    await new Listener(ANN).joined();
    const double = new Listener(ANN);
    await expect.poll(() => double.client.state.state).toBe('closed');
    const last = double.states.at(-1);
    expect(last?.state === 'closed' && last.error?.message).toContain('Reload the page');
  });

  it('is told that what answers there is something else', async () => {
    const other = createServer();
    new WebSocketServer({ server: other }).on('connection', (socket) => socket.send('Welcome to the chat!'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const ann = new Listener(ANN, `ws://127.0.0.1:${(other.address() as AddressInfo).port}/signal`);
    await expect.poll(() => ann.client.state.state).toBe('closed');
    const last = ann.states.at(-1);
    expect(last?.state === 'closed' && last.error?.message).toContain('is no signalling server');
    other.closeAllConnections();
    other.close();
  });
});

describe('the witness at a server', () => {
  it('lets one half go on, and grants nothing from a view that is older than its memory', async () => {
    const [ann, bob] = [await new Listener(ANN).joined(), await new Listener(BOB).joined()];
    const [one, two] = [serverWitness(ann.client, 'g'), serverWitness(bob.client, 'g')];
    for (const witness of [one, two]) witness.installed(1);
    expect(await one.claim(1, [1])).toBe(true);
    expect(await two.claim(1, [2])).toBe(false);
    expect(await one.claim(1, [1])).toBe(true);
    // Another training in the same room counts its epochs anew.
    expect(await serverWitness(bob.client, 'h').claim(1, [2])).toBe(true);

    const { port } = server;
    await server.close();
    await expect.poll(() => bob.client.state.state).not.toBe('joined');
    expect(await two.claim(1, [2])).toBe(false);
    await serve(port);
    await Promise.all([ann.joined(), bob.joined()]);
    expect(await two.claim(1, [2])).toBe(false);
    two.installed(2);
    expect(await two.claim(2, [2])).toBe(true);
  });
});
