import { expect, it } from 'vitest';
import { one, type Check } from '../../../../bin/checks/report';
import { runChecks } from '../../../../bin/checks/run-checks';

/** Checks that end when they are told to, and which of them run. */
function bench() {
  const running = new Set<string>();
  const ends = new Map<string, () => void>();
  const check = (name: string, alone = false): Check => ({
    name,
    description: `about ${name}`,
    alone,
    run: async (output) => {
      running.add(name);
      output.write(`${name} speaks\n`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      running.delete(name);
      return one(name !== 'wrong');
    },
  });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { running, check, end };
}

it('runs side by side what fits, and alone what needs the machine', async () => {
  const { running, check, end } = bench();
  const said: string[] = [];
  const all = [check('a'), check('b'), check('wrong'), check('whole', true), check('last')];
  const done = runChecks(all, 2, (text) => said.push(text));
  await end('none');
  expect([...running]).toEqual(['a', 'b']);
  await end('b');
  expect([...running]).toEqual(['a', 'wrong']);
  await end('a');
  expect([...running]).toEqual(['wrong']);
  await end('wrong');
  expect([...running]).toEqual(['whole']);
  await end('whole');
  expect([...running]).toEqual(['last']);
  await end('last');

  const finished = await done;
  expect(finished.map(({ check: { name }, outcome }) => [name, outcome.failed])).toEqual([
    ['a', 0],
    ['b', 0],
    ['wrong', 1],
    ['whole', 0],
    ['last', 0],
  ]);
  // What runs side by side is told at its end, and in one piece.
  expect(said).toEqual([
    'b  about b\nb speaks\n',
    'a  about a\na speaks\n',
    'wrong  about wrong\nwrong speaks\n',
    'whole  about whole\n',
    'whole speaks\n',
    'last  about last\nlast speaks\n',
  ]);
});

it('fails where a check cannot be run', async () => {
  const broken: Check = { ...bench().check('broken'), run: () => Promise.reject(new Error('no such program')) };
  await expect(runChecks([broken], 2, () => undefined)).rejects.toThrow('no such program');
});
