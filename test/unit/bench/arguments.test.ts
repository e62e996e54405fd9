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
      steps: 30,
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
    });
  });

  it.each([
    [['sums'], /no benchmark sums/],
    [['training', 'twice'], /one name too many/],
    [['--fast'], /--fast/],
    [['--steps', 'many'], /--steps is many/],
    [['--steps', '2'], /from 3 on/],
    [['--json'], /--json/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseBenchArguments(argv)).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringMatching(message) }),
    );
  });
});
