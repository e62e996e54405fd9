import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lathe, scratchFolder } from './harness/command-line';
import { CIRCLE_CONFIG, writeCircle } from './harness/data';

describe('runs that cannot go well', () => {
  const folder = scratchFolder();
  const train = (data: string, ...more: string[]) =>
    lathe(['train', 'config.yaml', '--data', data, '--profile', 'profile', '--json', ...more], folder.path);

  beforeAll(() => {
    writeCircle(folder.file('circle.csv'));
    writeFileSync(folder.file('config.yaml'), CIRCLE_CONFIG);
  });
  afterAll(() => folder.remove());

  it.each([
    ['empty.csv', '', /empty\.csv/],
    ['header.csv', 'x,y,place\n', /header\.csv/],
    ['one-class.csv', `x,y,place\n${'1,2,a\n'.repeat(40)}`, /place/],
    ['noise.bin', '\u0001\u0002\u0003', /noise\.bin/],
  ])('%s ends with 3 and a sentence', async (name, content, sentence) => {
    writeFileSync(folder.file(name), content);
    const { code, stdout, stderr } = await train(name);
    const lines = stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(sentence);
    expect(stdout).toBe('');
    expect(code).toBe(3);
  });

  it('a target that the table does not have ends with 2: the config is wrong', async () => {
    writeFileSync(folder.file('no-target.csv'), `x,y\n${'1,2\n'.repeat(40)}`);
    const { code, stderr } = await train('no-target.csv');
    expect(stderr).toContain('place');
    expect(code).toBe(2);
  });

  it('a learning rate out of all bounds ends as diverged, with the step', async () => {
    const { code, stderr, json } = await train(
      'circle.csv',
      '--set',
      'training.optimizer={name: sgd, learning_rate: 1.0e+9}',
      '--set',
      'training.gradient_clip=null',
      '--set',
      'training.schedule={name: constant}',
    );
    expect(json()).toMatchObject({ status: 'diverged', reason: expect.stringMatching(/step \d+/) });
    expect(stderr).toMatch(/step \d+/);
    expect(code).toBe(5);
  });
});
