import { expect, test } from 'vitest';
import { validateDocument } from '../../../src/config/validate';

/** Keys of the problems of a config for a group. */
function problems(training: object, rest: object = {}): string[] {
  const { distributed = {}, ...others } = training as { distributed?: object };
  const result = validateDocument({ training: { ...others, distributed: { enabled: true, ...distributed } }, ...rest });
  return result.ok ? [] : result.problems.map(({ key, message }) => `${key}: ${message}`);
}

test('a group trains with any config that one browser trains with', () => {
  expect(problems({})).toEqual([]);
  expect(problems({ batch_size: 8, distributed: { micro_batches: 8, world_size: 4, compression: 'int8' } })).toEqual(
    [],
  );
  expect(problems({ batch_size: 4, gradient_accumulation: 4, distributed: { micro_batches: 16 } })).toEqual([]);
});

test('what goes by one device is refused by its key, with what to do', () => {
  expect(problems({ batch_size: 'auto' })).toEqual([expect.stringMatching(/^training\.batch_size: .*Say how many/)]);
  expect(problems({ batch_size: 4 })).toEqual([
    expect.stringMatching(/^training\.distributed\.micro_batches: .*is 8, but a step has 4/),
  ]);
  expect(problems({}, { profiling: { enabled: true } })).toEqual([expect.stringMatching(/^profiling\.enabled: /)]);
});

test('peers that take steps by themselves have no micro-batches', () => {
  expect(problems({ batch_size: 4, distributed: { local_steps: 10, world_size: 2 } })).toEqual([]);
});

test('without a group none of it matters', () => {
  expect(validateDocument({ training: { batch_size: 'auto' }, profiling: { enabled: true } }).ok).toBe(true);
});
