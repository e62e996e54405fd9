import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configReference } from '../../../bin/config-reference';

it('docs/config.md says what the schema says (npm run docs writes it anew)', () => {
  expect(readFileSync('docs/config.md', 'utf8')).toBe(configReference());
});
