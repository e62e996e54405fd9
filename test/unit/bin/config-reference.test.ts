import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configReference } from '../../../bin/config-reference';
import { configFromYaml } from '../../../src/config/yaml';

it('docs/config.md says what the schema says (npm run docs writes it anew)', () => {
  expect(readFileSync('docs/config.md', 'utf8')).toBe(configReference());
});

it('shows a search that can start', () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(configReference()) ?? [];
  expect(configFromYaml(example).optimization.hyperparameter_search.enabled).toBe(true);
});
