import { afterEach, describe, expect, inject, it } from 'vitest';
import { enterRoom, type EntryOptions, type RoomEntry } from '../../../../src/peers/connect/enter-room';
import { handshake, type Greeted } from '../../../../src/peers/connect/handshake';
import type { NewPeer } from '../../../../src/peers/connect/new-peer';
import type { PeerLinkState } from '../../../../src/peers/connect/peer-connector';
import { newRoom, type Room } from '../../../../src/peers/signalling/room';
import { defaultPeerSettings } from '../../../../src/peers/signalling/settings';
import type { SignalSocket, SignalState } from '../../../../src/peers/signalling/signal-client';
import type { Link } from '../../../../src/peers/transport/link';
import { plainLink } from './channels';

const server = inject('signalUrl');
const page = 'http://localhost:4173/';
const timings = { first_pause: 20, longest_pause: 50 };

interface Met {
  peer: NewPeer;
  link: Link;
  greeted: Promise<Greeted>;
}

/** Somebody in a room, with everything that they were told. */
class Person {
  readonly met: Met[] = [];
  readonly links: [string, PeerLinkState][] = [];
  readonly faults: string[] = [];

  private constructor(readonly entry: RoomEntry) {}

  static async enter(room: Room, options: Partial<EntryOptions> = {}): Promise<Person> {
    const began: NewPeer[] = [];
    const links: Link[] = [];
    let meet = (peer: NewPeer, link: Link): void => {
      began.push(peer);
      links.push(link);
    };
    const entry = await enterRoom({
      link: { room, server },
      settings: defaultPeerSettings(),
      page,
      timings,
      onPeer: (peer) => meet(peer, plainLink(peer)),
      onLinkState: (peer, state) => person.links.push([peer, state]),
      onFault: (_, fault) => person.faults.push(fault),
      ...options,
    });
    const person = new Person(entry);
    meet = (peer, link) => person.#meet(peer, link);
    began.forEach((peer, i) => meet(peer, links[i]));
    people.push(person);
    return person;
  }

  #meet(peer: NewPeer, link: Link): void {
    const greeted = handshake(link, {
      key: this.entry.keys.proof,
      fingerprints: peer.fingerprints,
      me: { id: this.entry.me, name: null, adapter: null },
      role: peer.role,
      peerId: peer.peerId,
      patienceMs: peer.patienceMs,
    });
    greeted.catch(() => undefined);
    this.met.push({ peer, link, greeted });
  }

  /** The newest link to somebody, once both have proven themselves. */
  async knows(other: Person): Promise<Met> {
    await expect.poll(() => this.entry.mesh.connected, { timeout: 10_000 }).toContain(other.entry.me);
    const met = this.met.findLast(({ peer }) => peer.peerId === other.entry.me);
    if (!met) throw new Error('connected, and nobody said so');
    expect((await met.greeted).hello.id).toBe(other.entry.me);
    return met;
  }
}

const people: Person[] = [];
afterEach(async () => {
  await Promise.all(people.splice(0).map(({ entry }) => entry.leave('The test is over.')));
});

const firstMessage = (link: Link): Promise<string> =>
  new Promise((resolve) => (link.onMessage = (message) => resolve(new TextDecoder().decode(message))));

describe('a room', () => {
  it('links everybody with everybody, and each with proof', async () => {
    const room = newRoom();
    const three = await Promise.all([Person.enter(room), Person.enter(room), Person.enter(room)]);
    for (const one of three) {
      for (const other of three) {
        if (one === other) continue;
        const mine = await one.knows(other);
        const theirs = await other.knows(one);
        expect(new Set([mine.peer.role, theirs.peer.role])).toEqual(new Set(['offerer', 'answerer']));
        const [here, there] = await Promise.all([mine.peer.fingerprints, theirs.peer.fingerprints]);
        expect(here).toEqual({ local: there.remote, remote: there.local });
      }
    }
    const [ann, bob] = three;
    const heard = firstMessage((await bob.knows(ann)).link);
    (await ann.knows(bob)).link.send(new TextEncoder().encode('hello'));
    expect(await heard).toBe('hello');
    expect(three.flatMap(({ faults }) => faults)).toEqual([]);
    expect(three.map(({ met }) => met.length)).toEqual([2, 2, 2]);
  });

  it('takes several connections to a peer', async () => {
    const room = newRoom();
    const settings = { ...defaultPeerSettings(), connections: 3 };
    const [ann, bob] = await Promise.all([Person.enter(room, { settings }), Person.enter(room, { settings })]);
    const { peer } = await ann.knows(bob);
    await bob.knows(ann);
    expect(peer.bulk.length).toBe(3);
    await expect.poll(() => peer.bulk.map(({ readyState }) => readyState)).toEqual(['open', 'open', 'open']);
    expect(peer.bulk.every(({ ordered }) => !ordered) && peer.control.ordered).toBe(true);
    expect(new Set((await peer.fingerprints).local.split(',')).size).toBe(3);
  });

  it('connects nobody who has another secret', async () => {
    const room = newRoom();
    const ann = await Person.enter(room);
    const eve = await Person.enter({ ...room, secret: newRoom().secret });
    // Both hear of it, whichever of them offers.
    await expect.poll(() => new Set(ann.faults)).toEqual(new Set(['forged']));
    await expect.poll(() => eve.faults).toContain('forged');
    const bob = await Person.enter(room);
    await ann.knows(bob);
    expect(ann.entry.mesh.connected).toEqual([bob.entry.me]);
    expect(eve.entry.mesh.connected).toEqual([]);
  });

  it('is not fooled by a server that changes, repeats or mixes up what it hands on', async () => {
    const room = newRoom();
    // Everything that the server sends to this page goes through the hands of an attacker.
    const meddling = (change: (envelope: string) => string[]) => (url: string) => {
      const socket = new WebSocket(url);
      const face: SignalSocket = {
        onopen: null,
        onmessage: null,
        onclose: null,
        send: (text) => socket.send(text),
        close: () => socket.close(),
      };
      socket.onopen = (event) => face.onopen?.(event);
      socket.onclose = (event) => face.onclose?.(event);
      socket.onmessage = (event: MessageEvent<string>) => {
        const answer = JSON.parse(event.data) as { type: string; envelope?: string };
        const { envelope } = answer;
        const texts =
          envelope === undefined
            ? [event.data]
            : change(envelope).map((e) => JSON.stringify({ ...answer, envelope: e }));
        for (const data of texts) face.onmessage?.(new MessageEvent('message', { data }));
      };
      return face;
    };
    const flip = (envelope: string): string =>
      envelope.slice(0, 40) + (envelope[40] === 'A' ? 'B' : 'A') + envelope.slice(41);
    const ann = await Person.enter(room);
    const changed = await Person.enter(room, { openSocket: meddling((envelope) => [flip(envelope)]) });
    await expect.poll(() => changed.faults.length).toBeGreaterThan(0);
    expect(new Set(changed.faults)).toEqual(new Set(['forged']));
    expect(changed.entry.mesh.connected).toEqual([]);
    await changed.entry.leave('enough');

    const repeated = await Person.enter(room, { openSocket: meddling((envelope) => [envelope, envelope]) });
    await repeated.knows(ann);
    expect(new Set(repeated.faults)).toEqual(new Set(['replayed']));
    expect(repeated.met.length).toBe(1);
  });

  it('links again what was dropped, unless it is shunned', async () => {
    const room = newRoom();
    const [ann, bob] = await Promise.all([Person.enter(room), Person.enter(room)]);
    const first = await ann.knows(bob);
    await bob.knows(ann);
    ann.entry.mesh.drop(bob.entry.me, 'The channels closed.');
    expect(await first.peer.closed).toBe('The channels closed.');
    await expect.poll(() => bob.met.length).toBe(2);
    const second = await ann.knows(bob);
    await bob.knows(ann);
    expect(second.peer.connection).not.toBe(first.peer.connection);
    expect(bob.links).toContainEqual([ann.entry.me, { state: 'closed', reason: 'The channels closed.' }]);

    ann.entry.mesh.drop(bob.entry.me, 'It gave no proof.', true);
    await expect.poll(() => bob.entry.mesh.connected).toEqual([]);
    const cy = await Person.enter(room);
    await Promise.all([ann.knows(cy), bob.knows(cy)]);
    expect(ann.entry.mesh.connected).toEqual([cy.entry.me]);
  });

  it('tells the others at once when somebody leaves, and forgets them', async () => {
    const room = newRoom();
    const [ann, bob] = await Promise.all([Person.enter(room), Person.enter(room)]);
    const { peer } = await ann.knows(bob);
    await bob.entry.leave('Bye.');
    expect(await peer.closed).toBe('Bye.');
    expect(ann.entry.mesh.connected).toEqual([]);
  });

  it('keeps its links while the signalling server is away', async () => {
    const room = newRoom();
    const sockets: WebSocket[] = [];
    const openSocket = (url: string): WebSocket => {
      sockets.push(new WebSocket(url));
      return sockets[sockets.length - 1];
    };
    const states: string[] = [];
    const onSignalState = ({ state }: SignalState): void => void states.push(state);
    const [ann, bob] = await Promise.all([Person.enter(room, { openSocket, onSignalState }), Person.enter(room)]);
    const { link } = await ann.knows(bob);
    const theirs = await bob.knows(ann);
    sockets[0].close();
    await expect.poll(() => states).toContain('waiting');
    const heard = firstMessage(theirs.link);
    link.send(new TextEncoder().encode('still here'));
    expect(await heard).toBe('still here');
    await expect.poll(() => sockets.length).toBe(2);
    await expect.poll(() => ann.entry.signalling.state.state).toBe('joined');
    expect(ann.entry.mesh.connected).toEqual([bob.entry.me]);
    expect(ann.met.length).toBe(1);
  });

  it('gives a link that others can follow', async () => {
    const room = newRoom();
    const ann = await Person.enter(room);
    expect(ann.entry.link()).toBe(
      `${page}#/join/${room.id}.${room.secret}@${server.replace('//', '').replace('/signal', '')}`,
    );
  });

  it('says when the browser would not let the page speak to the server', async () => {
    const entering = Person.enter(newRoom(), {
      page: 'https://lathe.example/',
      link: { room: newRoom(), server: 'ws://192.168.1.5:4173/signal' },
    });
    await expect(entering).rejects.toThrow('npm start');
  });
});

describe('channels of a new peer', () => {
  it('can be transferred to a worker when they are handed out', async () => {
    const room = newRoom();
    const source = `onmessage = ({ data: { control, bulk } }) => {
      control.onopen = () => { control.send('from the worker'); postMessage(control.readyState + bulk.length); };
    }`;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    const said = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    const heard = new Promise((resolve) => {
      void Person.enter(room, {
        onPeer: ({ control, bulk }) => worker.postMessage({ control, bulk }, [control, ...bulk]),
      });
      void Person.enter(room, {
        onPeer: ({ control }) => (control.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data)),
      });
    });
    expect(await said).toBe('open1');
    expect(await heard).toBe('from the worker');
    worker.terminate();
  });
});
