import { expect, test } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import { parseConfig } from '../../../src/config/parse';
import { OutOfMemory } from '../../../src/engine/device-memory';
import { memoryRemedy, withMemoryRemedy } from '../../../src/training/memory-remedy';

test('names what would help, and nothing that is already done', () => {
  expect(memoryRemedy(parseConfig({ model: { architecture: 'transformer' }, training: { batch_size: 32 } }))).toBe(
    'Lower training.batch_size (now 32) and raise training.gradient_accumulation (now 1) as much, which leaves the updates as they are, set training.precision to mixed_float16, turn training.activation_checkpointing on, or make the model smaller.',
  );
  const spent = { batch_size: 1, precision: 'mixed_float16' };
  expect(memoryRemedy(parseConfig({ training: spent }))).toBe('Make the model smaller.');
  expect(memoryRemedy(parseConfig({ model: { architecture: 'convnext' }, training: spent }))).toBe(
    'Turn training.activation_checkpointing on, or make the model smaller.',
  );
});

test('is added to errors of memory only', () => {
  const config = parseConfig({});
  const other = new LatheError('data', 'Nothing to read.');
  expect(withMemoryRemedy(other, config)).toBe(other);
  const error = withMemoryRemedy(new OutOfMemory('There is no room.'), config);
  expect(error.message).toMatch(/^There is no room\. Lower training\.batch_size/);
  expect(error).toMatchObject({ kind: 'training', where: { key: 'training.batch_size' } });
});
