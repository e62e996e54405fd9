import { buildCheck } from './build';
import { bundleCheck } from './bundle';
import { lockfileCheck } from './lockfile';
import { toolCheck, type Check } from './report';
import { suite } from './suite';

/** Every check, the quick ones first. */
export const checks: Check[] = [
  lockfileCheck,
  toolCheck('types', 'TypeScript', 'tsc', ['-p', '.']),
  toolCheck('svelte', 'types and accessibility of components', 'svelte-check', [
    '--tsconfig',
    './tsconfig.json',
    '--fail-on-warnings',
    '--output',
    'human',
  ]),
  toolCheck('lint', 'eslint', 'eslint', ['.', '--max-warnings', '0']),
  toolCheck('format', 'prettier', 'prettier', ['--check', '--log-level', 'warn', '.']),
  toolCheck('layers', 'a folder imports only what stands above it', 'depcruise', [
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err-long',
    'src',
    'workers',
    'bin',
    'server',
    'test',
  ]),
  toolCheck('dead-code', 'exports, files and dependencies that nothing uses', 'knip', []),
  suite('unit', 'units, in Node'),
  suite('integration', 'against other programs, in Python'),
  buildCheck,
  bundleCheck,
  suite('browser', 'on a real WebGPU adapter, in Chromium'),
  suite('e2e', 'the page and the command line, from outside'),
];
