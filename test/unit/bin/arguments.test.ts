import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseArguments } from '../../../bin/arguments';
import { commands } from '../../../bin/commands/registry';

const train = commands.get('train')!;

describe('arguments', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('resolve paths against the folder the user called from', () => {
    vi.stubEnv('INIT_CWD', '/users/someone');
    const args = parseArguments('train', train, ['c.yaml', '--data', 'd.csv', '--out', '../o', '--profile', '/p']);
    expect(args).toMatchObject({
      data: '/users/someone/d.csv',
      out: '/users/o',
      profile: '/p',
      positionals: ['c.yaml'],
    });
  });

  it('keep every --set in order, and know what was not given', () => {
    const args = parseArguments('train', train, ['c.yaml', '--set', 'a=1', '--set', 'b=[2]', '--timeout', '1.5']);
    expect(args).toMatchObject({ set: ['a=1', 'b=[2]'], timeout: 1.5, data: null, fresh: false, json: false });
  });

  it.each([
    [['c.yaml', '--timeout', '0'], '--timeout is 0'],
    [['c.yaml', '--data'], '--data'],
    [['c.yaml', '--format', 'bundle'], 'takes no --format'],
    [[], 'CONFIG.yaml is missing'],
  ])('%j are refused: %s', (argv, sentence) => {
    expect(() => parseArguments('train', train, argv)).toThrow(sentence);
  });
});
