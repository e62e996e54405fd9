import { expect, test } from 'vitest';
import { HASHES, OPTIMIZERS, trained } from '../../../helpers/replica-case';

test.each(Object.keys(OPTIMIZERS))('%s has the bits that it has in Node', async (name) => {
  expect((await trained(OPTIMIZERS[name])).hash).toBe(HASHES[name]);
});
