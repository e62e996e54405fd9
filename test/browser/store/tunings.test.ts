import { expect, test } from 'vitest';
import { addTunings, getTunings } from '../../../src/store/tunings';
import { freshDatabase } from './helpers';

test('winners add up on an adapter, until its environment is another', async () => {
  const database = await freshDatabase();
  expect(await getTunings(database, 'a', 'browser 1')).toEqual({});
  await addTunings(database, 'a', 'browser 1', { one: 'x', two: 'y' });
  await addTunings(database, 'a', 'browser 1', { two: 'z', three: 'x' });
  await addTunings(database, 'b', 'browser 1', { one: 'w' });
  expect(await getTunings(database, 'a', 'browser 1')).toEqual({ one: 'x', two: 'z', three: 'x' });
  expect(await getTunings(database, 'a', 'browser 2')).toEqual({});
  await addTunings(database, 'a', 'browser 2', { four: 'x' });
  expect(await getTunings(database, 'a', 'browser 2')).toEqual({ four: 'x' });
  expect(await getTunings(database, 'b', 'browser 1')).toEqual({ one: 'w' });
});
