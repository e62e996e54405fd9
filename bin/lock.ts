/** A lock file: one process at a time uses a folder. It outlives a killed process, and is then taken over. */
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LatheError } from '../src/base/errors';

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/** Lets a holder on another machine (a shared disk) show that it lives: pids mean nothing there. */
const HEARTBEAT_MS = 10_000;
const DEAD_AFTER_MS = 60_000;

/**
 * Takes the lock at `path`, making its folder where that is missing.
 * @param options.wait_ms how long to wait for another holder; 0: not at all
 * @param options.refusal what to say when it stays held; the default names the file
 * @throws LatheError of kind `usage`
 */
export async function acquireLock(
  path: string,
  options: { wait_ms?: number; refusal?: (pid: number) => string } = {},
): Promise<Lock> {
  mkdirSync(dirname(path), { recursive: true });
  const deadline = Date.now() + (options.wait_ms ?? 0);
  for (;;) {
    try {
      // `wx` creates the file or fails: of two processes one wins.
      writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
      return held(path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const pid = livingHolder(path);
    if (pid === null) {
      rmSync(path, { force: true });
      continue;
    }
    if (Date.now() >= deadline) {
      const refusal =
        options.refusal?.(pid) ??
        `Process ${pid} holds ${path}. Wait until it ends, or delete that file if no such process runs.`;
      throw new LatheError('usage', refusal, { file: path });
    }
    await sleep(100);
  }
}

function held(path: string): Lock {
  const heartbeat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      clearInterval(heartbeat); // The folder was deleted under us: there is nothing left to guard.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release() {
      clearInterval(heartbeat);
      rmSync(path, { force: true });
    },
  };
}

/** The process that holds the lock, or null where it died or the file is half written and old. */
function livingHolder(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return null;
  const fresh = Date.now() - stats.mtimeMs < DEAD_AFTER_MS;
  const holder = readHolder(path);
  if (!holder) return fresh ? 0 : null;
  if (holder.host !== hostname()) return fresh ? holder.pid : null;
  return isAlive(holder.pid) ? holder.pid : null;
}

function readHolder(path: string): { pid: number; host: string } | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return null;
    return typeof value.pid === 'number' && typeof value.host === 'string'
      ? { pid: value.pid, host: value.host }
      : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
