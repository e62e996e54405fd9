import { describe, expect, it } from 'vitest';
import { importFiles } from '../../../../src/data/import';
import { prepareTraining } from '../../../../src/data/prepare';
import { SAMPLES } from '../../../../src/data/samples/registry';
import { memoryBlobs } from '../../../../src/store/blobs';
import { asTable, config, roles } from '../helpers';

const make = async (name: string) => {
  const sample = SAMPLES.find((each) => each.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  const blobs = memoryBlobs();
  const { datasets } = await importFiles(await sample.make(), blobs);
  return { dataset: asTable(datasets[0]), blobs };
};

describe('sample tables', () => {
  it('are the same each time they are made', async () => {
    for (const name of ['spirals', 'houses']) {
      expect((await make(name)).dataset.content_hash).toBe((await make(name)).dataset.content_hash);
    }
  });

  it('spirals: points in the plane, three classes alike', async () => {
    const { dataset, blobs } = await make('spirals');
    expect(roles(dataset)).toEqual({ x: 'number', y: 'number', label: 'label' });
    expect(dataset.columns[2].top.map(({ count }) => count)).toEqual([300, 300, 300]);
    const data = await prepareTraining(dataset, config(''), blobs);
    expect(data.preprocessing).toMatchObject({ input_shape: [2], classes: ['amber', 'blue', 'green'] });
  });

  it('houses: categories, gaps and dates, a price to predict', async () => {
    const { dataset, blobs } = await make('houses');
    expect(roles(dataset)).toEqual({
      area_m2: 'number',
      rooms: 'number',
      district: 'category',
      condition: 'category',
      built: 'number',
      heating: 'category',
      garden: 'category',
      sold: 'date',
      price: 'label',
    });
    expect(dataset.columns.filter(({ missing }) => missing > 20).map(({ name }) => name)).toEqual([
      'rooms',
      'condition',
      'built',
      'heating',
    ]);
    const data = await prepareTraining(dataset, config(''), blobs);
    expect(data.preprocessing).toMatchObject({ task: 'regression', target: ['price'] });
    expect(data.notices).toEqual([]);
  });
});
