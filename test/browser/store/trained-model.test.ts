import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../../src/store/checkpoints';
import { findTrainedModel, readTrainedWeights } from '../../../src/store/trained-model';
import type { Preprocessing } from '../../../src/store/schema';
import { runRow } from '../../helpers/run-row';
import { checkpoint, freshDatabase } from './helpers';

const preprocessing: Preprocessing = {
  version: 1,
  task: 'regression',
  input_shape: [1],
  inputs: {
    kind: 'table',
    decimal_comma: false,
    columns: [{ name: 'x', role: 'number', mean: 0, std: 1, missing_indicator: false }],
  },
  target: ['y'],
  classes: null,
  target_scale: { mean: [0], std: [1] },
};

describe('findTrainedModel', () => {
  it('takes the checkpoint that was asked for, else the best, else the latest', async () => {
    const database = await freshDatabase();
    await database.put('runs', runRow('r', { preprocessing }));
    const weightsOf = async (id?: string): Promise<number[]> => [
      ...(await readTrainedWeights(database, await findTrainedModel(database, { run_id: 'r', checkpoint: id }))),
    ];
    await expect(weightsOf()).rejects.toThrow(/has no checkpoint yet/);

    const [one, two, three] = await Promise.all([1, 2, 3].map(async (step) => checkpoint('r', step)));
    await writeCheckpoint(database, one.row, one.blobs);
    expect(await weightsOf()).toEqual([1, 2]);
    await writeCheckpoint(database, two.row, two.blobs, { best: true });
    await writeCheckpoint(database, three.row, three.blobs);
    expect(await weightsOf()).toEqual([2, 3]);
    expect(await weightsOf('r-3')).toEqual([3, 4]);
  });

  it('does not give a checkpoint of another run', async () => {
    const database = await freshDatabase();
    await database.put('runs', runRow('r', { preprocessing }));
    await database.put('runs', runRow('other', { preprocessing }));
    const { row, blobs } = await checkpoint('other', 1);
    await writeCheckpoint(database, row, blobs);
    await expect(findTrainedModel(database, { run_id: 'r', checkpoint: row.id })).rejects.toMatchObject({
      kind: 'not_found',
    });
    await expect(findTrainedModel(database, { model_id: 'none' })).rejects.toMatchObject({ kind: 'not_found' });
  });
});
