/** What a typed value means where a parameter chooses among values. */
import type { ParameterValue } from '../../../../config/search/space';
import type { Searchable } from './searchable';

/**
 * The value that `text` writes: a list of numbers for settings that hold one (`64, 32`), else a number, true, false, null
 * or the text itself. Undefined for an empty text.
 */
export function readChoice(text: string, kind: Searchable['kind'] | null): ParameterValue | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (kind === 'number_list') {
    return trimmed
      .replaceAll(/[[\]]/g, '')
      .split(/[,;\s]+/)
      .filter(Boolean)
      .map(plain);
  }
  return plain(trimmed);
}

function plain(word: string): ParameterValue {
  const number = Number(word);
  if (!Number.isNaN(number)) return number;
  if (word === 'true' || word === 'false') return word === 'true';
  return word === 'null' ? null : word;
}
