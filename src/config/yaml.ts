/** The run config as YAML 1.2 text. Import this module lazily: the parser is 30 KB. */
import { parseDocument, stringify } from 'yaml';
import { LatheError } from '../base/errors';
import { withoutDefaults } from './minimal';
import { parseConfig } from './parse';
import type { RunConfig } from './schema';

/**
 * Reads YAML (JSON is YAML too).
 * @throws LatheError of kind `config` with the line of a syntax error.
 */
export function parseYaml(source: string, file?: string): unknown {
  const document = parseDocument(source, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const line = error.linePos?.[0].line;
    const place = `${file ?? 'config'}${line ? `, line ${line}` : ''}`;
    const reason = error.message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, '');
    throw new LatheError('config', `${place}: this is not valid YAML: ${reason}`, { file, row: line });
  }
  const value: unknown = document.toJS();
  return value;
}

/** Reads and validates a config. */
export function configFromYaml(source: string, file?: string): RunConfig {
  return parseConfig(parseYaml(source, file), file);
}

/** Writes a config; with `full: false` only what differs from the defaults of its own choices. */
export function configToYaml(config: RunConfig, options: { full?: boolean } = {}): string {
  return stringify(options.full === false ? withoutDefaults(config) : config, { lineWidth: 0 });
}
