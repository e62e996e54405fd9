/** A server that runs in Python, on a port and in a folder of its own, that can be killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

/** Servers import a lot: on a busy machine it takes a while. */
const START_TIMEOUT = 120_000;

/** How a server is started, and seen to be there. */
export interface ServerProgram {
  /** `openwandb` */
  name: string;
  /** Arguments of Python. */
  command: (place: ServerPlace) => string[];
  env?: Record<string, string>;
  /** A path that is answered with success once the server is up. */
  probe: string;
}

/** Where it runs. */
export interface ServerPlace {
  port: number;
  /** Empty at first; removed at the end. */
  folder: string;
}

/** The server. Its place stays the same while it is killed and restarted. */
export class PythonServer {
  readonly url: string;
  readonly #program: ServerProgram;
  readonly #place: ServerPlace;
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(program: ServerProgram, place: ServerPlace) {
    this.url = `http://127.0.0.1:${place.port}`;
    this.#program = program;
    this.#place = place;
  }

  /** Starts one on a free port, in an empty folder. @throws Error with what it wrote where it does not come up */
  static async start(program: ServerProgram): Promise<PythonServer> {
    const folder = await mkdtemp(join(tmpdir(), `lathe-${program.name}-`));
    const server = new PythonServer(program, { port: await freePort(), folder });
    await server.restart();
    return server;
  }

  /** Ends it as a power cut would: at once. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    // Its workers are processes of their own, in one group with it.
    process.kill(-child.pid, 'SIGKILL');
    await closed;
  }

  /** Starts it again where it was. @throws Error with what it wrote where it does not come up */
  async restart(): Promise<void> {
    const python = inject('python');
    if (python === null) throw new Error('There is no Python here: put the test in describePython.');
    await this.kill();
    const { name, command, env, probe } = this.#program;
    this.#output = '';
    const child = spawn(python, command(this.#place), {
      cwd: this.#place.folder,
      // A group of its own, so that all of it can be ended.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: '1', ...env },
    });
    this.#child = child;
    // A test process that is ended early takes it along.
    const { pid } = child;
    const end = (): void => void (pid !== undefined && child.exitCode === null && process.kill(-pid, 'SIGKILL'));
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output = (this.#output + text).slice(-20_000)));
    }
    const latest = Date.now() + START_TIMEOUT;
    while (!(await answers(this.url + probe))) {
      if (child.exitCode !== null || Date.now() > latest) {
        await this.kill();
        throw new Error(`${name} did not start:\n${this.#output}`);
      }
      await sleep(100);
    }
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#place.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}
