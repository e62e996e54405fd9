/** Replacing keys of a config document before it is validated: `--set training.epochs=3`, a trial's parameters. */
import { LatheError } from '../base/errors';
import { widthsFor } from './architectures/widths';
import { validateDocument } from './validate';
import { getPath, setPath } from './path';
import { parseYaml } from './yaml';

/** One key and its new value. */
export interface Override {
  key: string;
  value: unknown;
}

/**
 * Reads `key=value`; the value is YAML.
 * @throws LatheError of kind `config` when there is no key, or the value is not valid YAML.
 */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  if (equals < 1 || text.slice(0, equals).trim() === '') {
    throw new LatheError(
      'config',
      `${JSON.stringify(text)} sets nothing; expected KEY=VALUE, as in training.epochs=3.`,
    );
  }
  const key = text.slice(0, equals).trim();
  return { key, value: parseYaml(text.slice(equals + 1), key) };
}

/**
 * A copy of `document` with the overrides applied in order. A position of a list that the document leaves to its default
 * (`model.hidden.0`) is set in a copy of that default.
 * @throws LatheError of kind `config` when a path runs through a plain value or past the end of a list.
 */
export function applyOverrides(document: unknown, overrides: Override[]): unknown {
  return overrides.reduce((current, { key, value }) => {
    return setPath(widthsFor(withDefaultList(current, key), key), key, value);
  }, document);
}

function withDefaultList(document: unknown, key: string): unknown {
  const path = key.split('.');
  const index = path.findIndex((part) => /^\d+$/.test(part));
  if (index < 1) return document;
  const list = path.slice(0, index).join('.');
  if (getPath(document, list) !== undefined) return document;
  const resolved = validateDocument(document);
  const standard = resolved.ok ? getPath(resolved.config, list) : undefined;
  return Array.isArray(standard) ? setPath(document, list, standard) : document;
}
