/** Ends a browser as a crash would. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Sends SIGKILL to every process of the browser on `profile`, and returns how many there were. Linux only: processes are
 * found in /proc.
 */
export function killBrowserOn(profile: string): number {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandLine(pid).includes(`--user-data-dir=${profile}`));
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went with its parent.
    }
  }
  return found.length;
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It has ended since it was listed.
  }
}
