/** The browser profile of the command line: where its runs, datasets and checkpoints live. */
import { mkdirSync, readlinkSync, rmSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LatheError } from '../src/base/errors';
import { acquireLock, type Lock } from './lock';

/** The profile used where none is named: in the user's data directory. */
export function defaultProfile(environment: NodeJS.ProcessEnv = process.env, os = platform()): string {
  const home = homedir();
  if (os === 'darwin') return join(home, 'Library/Application Support/lathe/profile');
  if (os === 'win32') return join(environment.LOCALAPPDATA ?? join(home, 'AppData/Local'), 'lathe/profile');
  return join(environment.XDG_DATA_HOME || join(home, '.local/share'), 'lathe/profile');
}

/**
 * Takes a profile for this process; makes it where it does not exist.
 * @throws LatheError of kind `usage` when another command uses it, or it cannot be made
 */
export async function acquireProfile(profile: string): Promise<Lock> {
  try {
    mkdirSync(profile, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LatheError('usage', `--profile: the folder ${profile} cannot be made: ${reason}`, { file: profile });
  }
  const lock = await acquireLock(join(profile, 'lathe.lock'), {
    refusal: (pid) =>
      `Another lathe command (process ${pid}) uses the profile ${profile}. Wait until it ends, or give --profile another folder.`,
  });
  await waitForBrowser(profile);
  return lock;
}

/** A browser whose command was killed takes a moment to go; two on one profile cannot be. */
async function waitForBrowser(profile: string): Promise<void> {
  const lock = join(profile, 'SingletonLock');
  for (let tries = 0; tries < 100; tries++) {
    const pid = browserPid(lock);
    if (pid === null) return;
    if (!isAlive(pid)) {
      // Left by a killed browser, maybe under another host name (a container's), where Chromium itself would refuse.
      for (const name of ['SingletonLock', 'SingletonSocket', 'SingletonCookie']) {
        rmSync(join(profile, name), { force: true });
      }
      return;
    }
    await sleep(100);
  }
  throw new LatheError(
    'usage',
    `A browser (process ${browserPid(lock)}) has the profile ${profile} open. Close it, or give --profile another folder.`,
  );
}

/** Process of the Chromium that has the profile open, as its lock (a link to `host-pid`) says. */
function browserPid(lock: string): number | null {
  try {
    return Number(/-(\d+)$/.exec(readlinkSync(lock))?.[1] ?? NaN) || null;
  } catch {
    return null; // No lock: nobody has it open. (On Windows, Chromium looks after itself.)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
