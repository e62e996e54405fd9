import { expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import { Ceilings } from '../../../../src/training/monitor/ceilings';

const ceilings = (limits: object): Ceilings =>
  new Ceilings(parseConfig({ logging: { system: { ceilings: limits } } }).logging.system.ceilings);

it('warns once for each time that a ceiling is passed', () => {
  const watched = ceilings({ storage_percent: 80 });
  const passed = (value: number): number => watched.check({ 'system/storage_percent': value }).length;
  expect([70, 80, 81, 99].map(passed)).toEqual([0, 0, 1, 0]);
  // Around the ceiling it has not gone back down: only below 95 % of it.
  expect([79, 81, 77, 81].map(passed)).toEqual([0, 0, 0, 0]);
  expect([75, 80, 82].map(passed)).toEqual([0, 0, 1]);
});

it('names the value, the ceiling, its key and what to do', () => {
  const [crossing] = ceilings({ gpu_memory_mb: 500 }).check({ gpu_bytes: 640e6 });
  expect(crossing).toMatchObject({ metric: 'gpu_bytes', value: 640e6, ceiling: 500e6 });
  expect(crossing.message.replaceAll('\u202f', ' ')).toBe(
    'Tensors hold 640 MB of device memory, more than the 500 MB of logging.system.ceilings.gpu_memory_mb. Lower training.batch_size, or set training.activation_checkpointing.',
  );
});

it('takes the memory of the page where that of all threads is not told', () => {
  const watched = ceilings({ js_memory_mb: 10 });
  expect(watched.check({ 'system/page_memory_bytes': 11e6 })).toMatchObject([{ metric: 'system/page_memory_bytes' }]);
  expect(ceilings({ js_memory_mb: 10 }).check({ 'system/js_memory_bytes': 9e6 })).toEqual([]);
});

it('says nothing of what has no ceiling, and nothing of what is not known', () => {
  expect(ceilings({}).check({ 'system/cpu_percent': 400, gpu_bytes: 1e12 })).toEqual([]);
  expect(ceilings({ cpu_percent: 1, queue_length: 1 }).check({})).toEqual([]);
});

it('goes on counting a ceiling as passed while its figure is not known', () => {
  const watched = ceilings({ queue_length: 5 });
  expect(watched.check({ 'system/queue_length': 6 })).toHaveLength(1);
  expect(watched.check({})).toEqual([]);
  expect(watched.check({ 'system/queue_length': 7 })).toEqual([]);
});
