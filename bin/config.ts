/** The config of a command: a file with `--set` applied. */
import { readFileSync } from 'node:fs';
import { LatheError } from '../src/base/errors';
import { applyOverrides, parseOverride, type Override } from '../src/config/overrides';
import { parseConfig } from '../src/config/parse';
import type { RunConfig } from '../src/config/schema';
import { parseYaml } from '../src/config/yaml';
import { statArgument, userPath, type Arguments } from './arguments';

/**
 * The config of the first argument with `--set`, then `more`, applied, and every default filled in; `--data` is checked.
 * @throws LatheError of kind `config` or `usage`
 */
export function readConfig({ positionals, set, data }: Arguments, more: Override[] = []): RunConfig {
  const path = userPath(positionals[0]);
  if (!statArgument('CONFIG.yaml', path).isFile()) {
    throw new LatheError('usage', `CONFIG.yaml: ${path} is no file.`, { file: path });
  }
  const document = parseYaml(readFileSync(path, 'utf8'), path);
  const config = parseConfig(applyOverrides(document, [...set.map(parseOverride), ...more]), path);
  if (data) statArgument('--data', data);
  else if (config.data.dataset === null) {
    throw new LatheError(
      'usage',
      '--data is missing: a file or folder to train on (or name a dataset under data.dataset).',
    );
  }
  return config;
}
