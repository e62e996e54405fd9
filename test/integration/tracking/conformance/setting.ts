/** Where a check of the conformance suite takes place: a server that runs, a proxy before it, and a tracker that talks to it. */
import type { Credential } from '../../../../src/store/delivery';
import type { Connection, TrackedRun } from '../../../../src/tracking/tracker';
import { FaultProxy } from '../../../helpers/tracking/fault-proxy';
import { none } from '../../../helpers/tracking/faults';
import { NodeHttp } from '../../../helpers/tracking/node-http';
import type { Arrived, Running, Subject } from '../subject';
import { Delivery } from './delivery';
import { trackedRun, type Points } from './runs';

/** A secret of a length that services accept, where the server itself asks for none. */
const SECRET = '0123456789abcdef0123456789abcdef01234567';

/** One server for all checks of a subject. */
export class Setting {
  readonly subject: Subject;
  readonly server: Running;
  readonly proxy: FaultProxy;
  /** What every request is sent with. */
  readonly credential: Credential | null;
  #runs = 0;

  private constructor(subject: Subject, server: Running, proxy: FaultProxy) {
    this.subject = subject;
    this.server = server;
    this.proxy = proxy;
    this.credential = server.credential ?? madeUp(subject.tracker.credentials.at(0));
  }

  /** Starts the server of a subject. */
  static async of(subject: Subject): Promise<Setting> {
    const server = await subject.start();
    return new Setting(subject, server, await FaultProxy.before(server.url));
  }

  /** A run with an id that was not used yet. */
  newRun(fields: Partial<TrackedRun> = {}): TrackedRun {
    this.#runs += 1;
    return trackedRun(`conf${this.#runs.toString(36).padStart(4, '0')}`, fields);
  }

  /** A connection through the proxy. */
  connect(): Connection {
    const { url } = this.proxy;
    const http = new NodeHttp(this.credential ? { [new URL(url).origin]: this.credential } : {});
    return this.subject.tracker.connect(this.server.options(url), http);
  }

  /** A delivery through the proxy. @param seed see `Delivery` */
  deliver(run: TrackedRun, seed = 0): Delivery {
    return new Delivery(run, () => this.connect(), seed);
  }

  /** What has arrived of a run. */
  read({ id }: TrackedRun): Promise<Arrived> {
    return this.server.read(id);
  }

  /** What of these points the service keeps. */
  kept(points: Points): Points {
    const { lacks = [] } = this.subject;
    const keep = (list: Points[string]): Points[string] => {
      const last = lacks.includes('history') ? list.slice(-1) : list;
      return lacks.includes('doubles') ? last.map(([step, value]) => [step, Math.fround(value)]) : last;
    };
    return Object.fromEntries(Object.entries(points).map(([metric, list]) => [metric, keep(list)]));
  }

  /** After a check: nothing goes wrong any more. */
  calm(): void {
    this.proxy.script = none;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.server.stop();
  }
}

/** Words in a credential that nobody may see. */
export function secretsOf(credential: Credential | null): string[] {
  switch (credential?.scheme) {
    case undefined:
      return [];
    case 'basic':
      return [credential.password, Buffer.from(`${credential.username}:${credential.password}`).toString('base64')];
    case 'bearer':
      return [credential.token];
    case 'key':
      return [credential.key, Buffer.from(`api:${credential.key}`).toString('base64')];
  }
}

function madeUp(scheme: Credential['scheme'] | undefined): Credential | null {
  switch (scheme) {
    case undefined:
      return null;
    case 'basic':
      return { scheme, username: 'somebody', password: SECRET };
    case 'bearer':
      return { scheme, token: SECRET };
    case 'key':
      return { scheme, key: SECRET };
  }
}
