import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBenchArguments } from '../../../bench/arguments';

describe('parseBenchArguments', () => {
  it('runs the training benchmark in a browser where nothing is said', () => {
    expect(parseBenchArguments([])).toEqual({
      name: 'training',
      json: null,
      node: false,
      large: false,
      torch: false,
      only: null,
      workloads: null,
      steps: null,
      paper: false,
      objective: null,
      samplers: null,
      seeds: 100,
      trials: 100,
    });
  });

  it('reads every option', () => {
    const json = join(tmpdir(), 'figures.json');
    const options = ['training', '--json', json, '--node', '--large', '--torch', '--steps', '5'];
    expect(parseBenchArguments([...options, '--only', 'lathe,torch', '--workload', 'mlp-8'])).toEqual({
      name: 'training',
      json,
      node: true,
      large: true,
      torch: true,
      only: ['lathe', 'torch'],
      workloads: ['mlp-8'],
      steps: 5,
      paper: false,
      objective: null,
      samplers: null,
      seeds: 100,
      trials: 100,
    });
  });

  it('reads those of sweeps, with a path of the caller', () => {
    const before = process.env.INIT_CWD;
    process.env.INIT_CWD = tmpdir();
    try {
      const options = [
        'sweeps',
        '--objective',
        'bowl.mjs',
        '--sampler',
        'tpe,random',
        '--seeds',
        '3',
        '--trials',
        '50',
      ];
      expect(parseBenchArguments(options)).toMatchObject({
        name: 'sweeps',
        objective: join(tmpdir(), 'bowl.mjs'),
        samplers: ['tpe', 'random'],
        seeds: 3,
        trials: 50,
      });
    } finally {
      if (before === undefined) delete process.env.INIT_CWD;
      else process.env.INIT_CWD = before;
    }
  });

  it.each([
    [['sums'], /no benchmark sums/],
    [['training', 'twice'], /one name too many/],
    [['--fast'], /--fast/],
    [['--steps', 'many'], /--steps is many/],
    [['--steps', '2'], /from 3 on/],
    [['--json'], /--json/],
    [['sweeps', '--seeds', '0'], /--seeds is 0; expected a whole number from 1 on/],
    [['sweeps', '--trials', '1.5'], /--trials is 1.5/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseBenchArguments(argv)).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringMatching(message) }),
    );
  });
});
