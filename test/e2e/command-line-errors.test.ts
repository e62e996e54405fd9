import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lathe, scratchFolder } from './harness/command-line';

/** These are found before a browser is started: none is there to be started. */
const noBrowser = { LATHE_BROWSER: '/nonexistent/browser' };

// Each is a process that does little else than start.
describe.concurrent('wrong arguments and configs', () => {
  const folder = scratchFolder();
  const run = (...args: string[]) => lathe(args, folder.path, noBrowser);

  beforeAll(() => {
    writeFileSync(folder.file('data.csv'), 'x,y\n1,a\n2,b\n');
    writeFileSync(folder.file('good.yaml'), 'training: {epochs: 1}\n');
    writeFileSync(folder.file('broken.yaml'), 'training: {epochs: 1\nmodel: [\n');
    mkdirSync(folder.file('folder'));
  });
  afterAll(() => folder.remove());

  it.each([
    [['fly'], 'fly is no command'],
    [['train'], 'CONFIG.yaml is missing'],
    [['train', 'nowhere.yaml', '--data', 'data.csv'], 'nowhere.yaml'],
    [['train', 'folder', '--data', 'data.csv'], 'is no file'],
    [['train', 'good.yaml'], '--data is missing'],
    [['train', 'good.yaml', '--data', 'nowhere.csv'], 'nowhere.csv'],
    [['train', 'good.yaml', 'more.yaml', '--data', 'data.csv'], 'more.yaml'],
    [['train', 'good.yaml', '--data', 'data.csv', '--colour', 'red'], '--colour'],
    [['train', 'good.yaml', '--data', 'data.csv', '--set', 'training.epochs'], 'KEY=VALUE'],
    [['train', 'broken.yaml', '--data', 'data.csv'], 'broken.yaml, line'],
    [['train', 'good.yaml', '--data', 'data.csv', '--timeout', 'soon'], '--timeout is soon'],
    [['runs', '--out', 'folder'], 'takes no --out'],
    [['predict', 'nowhere.zip', '--data', 'data.csv'], 'nowhere.zip'],
    [['predict', 'good.yaml'], '--data is missing'],
    [['predict', 'models:/digits', '--data', 'data.csv'], 'models:/NAME@ALIAS'],
    [['generate', 'nowhere.zip'], 'nowhere.zip'],
    [['generate', 'run', '--temperature', 'hot'], '--temperature is hot'],
    [['export', 'run', '--format', 'onnx', '--out', 'folder'], '--format is onnx'],
    [['export', 'run', '--format', 'bundle'], '--out is missing'],
    [['sweep', 'good.yaml', '--data', 'data.csv'], 'optimization.hyperparameter_search.search_space is empty'],
    [['peer', 'http://example.org'], 'ROOM_URL names no signalling server'],
    [['verify'], 'not in this version yet'],
    [['reproduce', 'run'], 'not in this version yet'],
  ])('lathe %j ends with 2 and says: %s', async (args, sentence) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it.each([
    ['training.epoch=3', 'training.epoch is not a key of the config'],
    ['training.epochs=many', 'training.epochs is "many"; expected a number'],
    ['training.batch_size=0', 'training.batch_size is 0; expected 1 or more'],
    ['model.architecture=perceptron', 'model.architecture is "perceptron"; expected'],
    ['training.optimizer.learning_rate=-1', 'training.optimizer.learning_rate is -1'],
    ['optimization.hyperparameter_search.enabled=true', 'optimization.hyperparameter_search.search_space is empty'],
  ])('--set %s is refused by its key', async (setting, sentence) => {
    const { code, stderr } = await run('train', 'good.yaml', '--data', 'data.csv', '--set', setting, '--json');
    expect(stderr).toContain(sentence);
    expect(code).toBe(2);
  });

  it('reports every problem of a config at once', async () => {
    const { stderr } = await run(
      'train',
      'good.yaml',
      '--data',
      'data.csv',
      '--set',
      'training.epochs=0',
      '--set',
      'a=1',
    );
    expect(stderr).toContain('training.epochs');
    expect(stderr).toContain('a is not a key');
  });

  it('ends with 4 where no browser can be started', async () => {
    const { code, stderr } = await run('runs');
    expect(stderr).toContain('LATHE_BROWSER is /nonexistent/browser');
    expect(code).toBe(4);
  });

  it('explains itself', async () => {
    const all = await run('--help');
    expect(all.code).toBe(0);
    for (const command of ['train', 'predict', 'export', 'runs']) expect(all.stdout).toContain(command);
    const one = await run('train', '--help');
    expect(one.code).toBe(0);
    expect(one.stdout).toContain('--set KEY=VALUE');
    expect((await run('--version')).stdout).toMatch(/^lathe \d+\.\d+\.\d+\n$/);
  });
});
