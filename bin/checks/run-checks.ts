/** Runs checks: side by side where a processor is free, those that need the whole machine alone. */
import { availableParallelism } from 'node:os';
import { bold, type Check, type Outcome } from './report';

/** A check that has run. */
export interface Finished {
  check: Check;
  outcome: Outcome;
  milliseconds: number;
}

/** Programs of the larger checks take a gigabyte and more each. */
const MOST_SIDE_BY_SIDE = 4;

/**
 * Runs all checks in their order: one that stands `alone` waits for those before it, and those behind it wait for it.
 * Resolves to what came out, in the same order.
 * @param lanes checks that run side by side
 * @param write where headings and words go
 */
export async function runChecks(
  checks: readonly Check[],
  lanes = Math.min(MOST_SIDE_BY_SIDE, availableParallelism()),
  write = (text: string): void => void process.stdout.write(text),
): Promise<Finished[]> {
  const finished: Finished[] = [];
  const running = new Set<Promise<void>>();
  for (const [index, check] of checks.entries()) {
    while (running.size > (check.alone ? 0 : lanes - 1)) await Promise.race(running);
    const started = performance.now();
    const heading = `${bold(check.name)}  ${check.description}\n`;
    let words = heading;
    if (check.alone) write(heading);
    const output = check.alone ? { live: true, write } : { live: false, write: (text: string) => void (words += text) };
    const work = check.run(output).then((outcome) => {
      finished[index] = { check, outcome, milliseconds: performance.now() - started };
      if (!check.alone) write(words);
    });
    if (check.alone) {
      await work;
      continue;
    }
    const settled = work.finally(() => running.delete(settled));
    running.add(settled);
  }
  await Promise.all(running);
  return finished;
}
