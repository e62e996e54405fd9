/** Reading and replacing one key of a config by its path: `training.optimizer.learning_rate`, `model.hidden.0`. */
import { LatheError } from '../base/errors';

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

function read(container: Container, key: string): unknown {
  return Array.isArray(container) ? container[Number(key)] : container[key];
}

/** The value at `path`, or undefined. */
export function getPath(document: unknown, path: string): unknown {
  let value = document;
  for (const key of path.split('.')) {
    if (!isContainer(value)) return undefined;
    value = read(value, key);
  }
  return value;
}

/**
 * A copy of `document` in which `path` holds `value`; sections on the way are made where they are missing.
 * @throws LatheError of kind `config` when the path runs through a plain value or past the end of a list.
 */
export const setPath = (document: unknown, path: string, value: unknown): unknown =>
  setAt(document, path.split('.'), value, path);

function setAt(document: unknown, [key, ...rest]: string[], value: unknown, path: string): unknown {
  if (Array.isArray(document)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > document.length) {
      throw new LatheError('config', `${path}: ${key} is no position in a list of ${document.length}.`, { key: path });
    }
    const copy: unknown[] = Array.from<unknown>(document);
    copy[index] = rest.length > 0 ? setAt(copy[index] ?? {}, rest, value, path) : value;
    return copy;
  }
  if (document !== undefined && document !== null && typeof document !== 'object') {
    throw new LatheError('config', `${path}: there is a plain value where a section was expected.`, { key: path });
  }
  const section: Record<string, unknown> = { ...document };
  section[key] = rest.length > 0 ? setAt(section[key], rest, value, path) : value;
  return section;
}
