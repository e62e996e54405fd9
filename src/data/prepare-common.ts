/** What preparing tables and images has in common: tasks, sentences, and counts of classes. */
import { LatheError } from '../base/errors';
import type { Task } from '../config/schema';
import type { Notice } from '../store/schema';
import { classTargets } from './features/targets';
import type { CategoryColumn } from './table/columns';

/**
 * The task of data that is no text.
 * @throws LatheError of kind `config` when it is `language_model`.
 */
export function taskWithoutText(task: Task | null, name: string): Exclude<Task, 'language_model'> | null {
  if (task !== 'language_model') return task;
  throw new LatheError(
    'config',
    `data.task is language_model, which learns from text; “${name}” is none. Set it to null.`,
    { key: 'data.task' },
  );
}

/** A notice that deserves attention. */
export const warning = (message: string): Notice => ({ level: 'warning', message });

/** `1 row`, `1,234 rows`. */
export const plural = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;

/** `“a”, “b” and 3 more`. */
export function joinNames(items: { name: string }[]): string {
  const shown = items.slice(0, 8).map(({ name }) => `“${name}”`);
  const more = items.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** How many of `examples` are of each class. */
export function countClasses(indices: Int32Array, examples: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < examples.length; i++) {
    const index = indices[examples[i]];
    if (index >= 0) counts[index]++;
  }
  return counts;
}

/** A notice for labels among `rows` (null: all) that are not among the classes learnt. */
export function noticeUnseen(
  what: string,
  column: CategoryColumn,
  classes: string[],
  rows: ArrayLike<number> | null,
  notices: Notice[],
): void {
  const places = classTargets(column, classes);
  const unseen = new Map<string, number>();
  const length = rows ? rows.length : column.codes.length;
  for (let i = 0; i < length; i++) {
    const row = rows ? rows[i] : i;
    const code = column.codes[row];
    if (code < 0 || places[row] >= 0) continue;
    unseen.set(column.values[code], (unseen.get(column.values[code]) ?? 0) + 1);
  }
  for (const [label, count] of [...unseen].slice(0, 5)) {
    notices.push(
      warning(
        `The label “${label}” of ${what} does not occur in the training split; ${plural(count, 'example')} with it ${count === 1 ? 'is' : 'are'} left out of the metrics.`,
      ),
    );
  }
}
