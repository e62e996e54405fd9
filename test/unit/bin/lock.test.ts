import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../bin/lock';

describe('lock file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lathe-lock-'));
    path = join(folder, 'deep/lathe.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is held by one, refused to another with a sentence, and free again when released', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toThrow(`Process ${process.pid} holds`);
    await expect(acquireLock(path, { refusal: (pid) => `taken by ${pid}` })).rejects.toThrow(`taken by ${process.pid}`);
    lock.release();
    expect(existsSync(path)).toBe(false);
    (await acquireLock(path)).release();
  });

  it('is waited for', async () => {
    const first = await acquireLock(path);
    const second = acquireLock(path, { wait_ms: 60_000 });
    first.release();
    (await second).release();
  });

  it('is taken over from a process that died', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    (await acquireLock(path)).release();
    writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
    (await acquireLock(path)).release();
  });

  it('of another machine holds while it is touched', async () => {
    (await acquireLock(path)).release();
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere' }));
    await expect(acquireLock(path)).rejects.toThrow('Process 1 holds');
    const old = new Date(Date.now() - 10 * 60_000);
    utimesSync(path, old, old);
    (await acquireLock(path)).release();
  });
});
