import { buildCheck } from './build';
import { bundleCheck } from './bundle';
import { lockfileCheck } from './lockfile';
import { toolCheck, type Check } from './report';
import { suite } from './suite';

const svelteCheck = ['--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'];
const dependencyCruiser = ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'];

/** Every check of `npm test`: first those that run side by side, the longest of them in front, then those that have the machine alone. */
export const checks: Check[] = [
  lockfileCheck,
  toolCheck('lint', 'eslint', 'eslint', ['.', '--ignore-pattern', '**/*.svelte', '--max-warnings', '0']),
  toolCheck('lint-svelte', 'eslint, for components: TypeScript takes as long for these as for all the rest', 'eslint', [
    ...['src/**/*.svelte', '--max-warnings', '0'],
  ]),
  suite('unit', 'units, in Node', { alone: false }),
  // It checks plain TypeScript, too: `npm run types` is the shorter way to that alone.
  toolCheck('types', 'TypeScript, and accessibility of components', 'svelte-check', svelteCheck),
  toolCheck('format', 'prettier', 'prettier', ['--check', '--log-level', 'warn', '.']),
  toolCheck('layers', 'a folder imports only what stands above it', 'depcruise', [
    ...dependencyCruiser,
    ...['src', 'workers', 'bin', 'server', 'test'],
  ]),
  toolCheck('dead-code', 'exports, files and dependencies that nothing uses', 'knip', []),
  buildCheck,
  bundleCheck,
  suite('browser', 'on a real WebGPU adapter, in Chromium'),
  suite('e2e', 'the page and the command line, from outside', { projects: 'e2e*' }),
];

/** Checks that run only where they are asked for by name: they need more than Node and a browser. */
export const further: Check[] = [suite('integration', 'against other programs, in Python')];
