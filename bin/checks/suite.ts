/** A project of vitest as a check: its tests are counted one by one. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool, type Check } from './report';
import { outcomeOf } from './suite-report';

/** How tests are run. */
export interface SuiteOptions {
  /** The vitest project that they are; `*` stands for any letters. Their name where it is not said. */
  projects?: string;
  /** See `Check`; true where it is not said. */
  alone?: boolean;
}

/** Tests of vitest. */
export function suite(name: string, description: string, { projects = name, alone = true }: SuiteOptions = {}): Check {
  return {
    name,
    description,
    alone,
    async run(output) {
      const folder = mkdtempSync(join(tmpdir(), 'lathe-test-'));
      const file = join(folder, 'report.json');
      try {
        const args = ['run', '--configLoader', 'runner', '--project', projects];
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
        const code = await runTool('vitest', [...args, ...reporters], output);
        return outcomeOf(existsSync(file) ? readFileSync(file, 'utf8') : null, code);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
