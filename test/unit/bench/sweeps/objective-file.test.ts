import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readObjective } from '../../../../bench/sweeps/objective-file';

const folder = mkdtempSync(join(tmpdir(), 'objective-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('readObjective', () => {
  it('reads a space as the config writes it, and an objective that may take its time', async () => {
    const path = file(
      'bowl.mjs',
      `export const space = { x: { type: 'float', low: -1, high: 1 } };
       export const objective = async ({ x }) => x * x;`,
    );
    const objective = await readObjective(path);
    expect(objective.name).toBe('bowl');
    expect(objective.space.x).toEqual({ type: 'float', low: -1, high: 1, log: false, step: null, when: null });
    expect(await objective.evaluate({ x: 0.5 })).toBe(0.25);
  });

  it('takes what is no number for a failure', async () => {
    const path = file(
      'none.mjs',
      `export const space = { x: { type: 'bool' } }; export const objective = () => 'good';`,
    );
    expect(await (await readObjective(path)).evaluate({ x: true })).toBeNaN();
  });

  it.each([
    ['objective.mjs', `export const space = { x: { type: 'bool' } };`, /objective/],
    ['space.mjs', `export const objective = () => 1;`, /space/],
    [
      'low.mjs',
      `export const space = { x: { type: 'float', high: 1 } }; export const objective = () => 1;`,
      /space\.x\.low/,
    ],
    ['empty.mjs', `export const space = {}; export const objective = () => 1;`, /no parameter/],
    ['broken.mjs', `export const space = {`, /cannot be loaded/],
  ])('refuses %s with what is wrong', async (name, text, message) => {
    await expect(readObjective(file(name, text))).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a file that is not there', async () => {
    await expect(readObjective(join(folder, 'nothing.mjs'))).rejects.toThrow(/there is no file/);
  });
});
