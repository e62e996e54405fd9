import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { memoryBlobs } from '../../../src/store/blobs';
import { preprocessingSchema } from '../../../src/data/features/schema';
import { importFiles } from '../../../src/data/import';
import { preparePrediction, prepareTraining } from '../../../src/data/prepare';
import type { Batch, PreparedData } from '../../../src/data/contract';
import { config, failure, importTable, prepareCsv, sharedData, sharedFile, told } from './helpers';

const table = (header: string, row: (i: number) => string, n = 60): string =>
  `${header}\n${Array.from({ length: n }, (_, i) => row(i)).join('\n')}\n`;

const batch = async (data: PreparedData, indices: ArrayLike<number>): Promise<Batch> => data.batch(indices);

/** Inputs of all training examples, as rows. */
async function trainRows(data: PreparedData): Promise<number[][]> {
  const { n, inputs } = await batch(data, data.splits.train);
  const width = inputs.length / n;
  return Array.from({ length: n }, (_, i) => [...inputs.subarray(i * width, (i + 1) * width)]);
}

const COLOURS = ['red', 'green', 'blue'];
const PLAIN = table('x,colour,label', (i) => `${i / 10},${COLOURS[i % 3]},${i % 2 ? 'yes' : 'no'}`);

it('a table is split in folds by data.split.fold', async () => {
  const folds = await Promise.all(
    [0, 1, 2].map((index) => prepareCsv(PLAIN, `data: {split: {test: 0.1, fold: {index: ${index}, of: 3}}}`)),
  );
  const held = folds.flatMap(({ splits }) => [...splits.validation]);
  expect(new Set(held).size).toBe(54);
  for (const { splits } of folds) {
    expect(splits.test).toEqual(folds[0].splits.test);
    expect([splits.train.length, splits.validation.length]).toEqual([36, 18]);
  }
});

describe('inputs of a table', () => {
  it('are standardised on the training split alone, categories one-hot with a place for the unknown', async () => {
    const data = await prepareCsv(PLAIN);
    expect(data.preprocessing).toMatchObject({
      task: 'classification',
      input_shape: [5],
      classes: ['no', 'yes'],
      target: ['label'],
      target_scale: null,
      inputs: {
        kind: 'table',
        columns: [
          { name: 'x', role: 'number', missing_indicator: false },
          { name: 'colour', role: 'category', values: ['blue', 'green', 'red'] },
        ],
      },
    });
    const rows = await trainRows(data);
    const mean = rows.reduce((sum, row) => sum + row[0], 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + (row[0] - mean) ** 2, 0) / rows.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 5);
    for (const row of rows) expect(row.slice(1).reduce((a, b) => a + b)).toBe(1);
    expect(rows.every((row) => row[4] === 0)).toBe(true);

    const { inputs, targets } = await batch(data, [3]);
    const [column] = data.preprocessing.inputs.kind === 'table' ? data.preprocessing.inputs.columns : [];
    if (column?.role !== 'number') throw new Error('not a number');
    expect(inputs[0]).toBeCloseTo((0.3 - column.mean) / column.std, 5);
    expect([...inputs.subarray(1)]).toEqual([0, 0, 1, 0]);
    expect(targets).toEqual(Int32Array.of(1));
  });

  it('replace missing numbers by the mean, with an indicator; missing categories are the unknown', async () => {
    const data = await prepareCsv(
      table('x,colour,label', (i) => `${i % 4 ? i : 'NA'},${i % 5 ? COLOURS[i % 3] : ''},${i % 2 ? 'a' : 'b'}`),
    );
    expect(data.preprocessing.input_shape).toEqual([6]);
    const { inputs } = await batch(data, [0, 1]);
    expect([...inputs.subarray(0, 6)]).toEqual([0, 1, 0, 0, 0, 1]);
    expect(inputs[7]).toBe(0);
    expect(inputs[11]).toBe(0);
  });

  it('take dates as days', async () => {
    const data = await prepareCsv(
      table('when,label', (i) => `${String((i % 28) + 1).padStart(2, '0')}.03.2020,${i % 2 ? 'a' : 'b'}`),
    );
    const { inputs } = data.preprocessing;
    if (inputs.kind !== 'table' || inputs.columns[0].role !== 'date') throw new Error('not a date');
    expect(inputs.columns[0]).toMatchObject({ day_first: true });
    expect(inputs.columns[0].mean).toBeGreaterThan(Date.UTC(2020, 2, 1) / 864e5);
    expect(inputs.columns[0].mean).toBeLessThan(Date.UTC(2020, 2, 29) / 864e5);
  });

  it('leave out free text, constants and columns without values, saying so', async () => {
    const data = await prepareCsv(
      table('x,remark,gone,same,label', (i) => `${i}.5,some words number ${i},,7,${i % 2 ? 'a' : 'b'}`),
      'data: {columns: {gone: number, same: number}}',
    );
    expect(data.preprocessing.input_shape).toEqual([1]);
    expect(told(data)).toMatch(/Column “remark” holds free text, so it is ignored/);
    expect(told(data)).toMatch(/Column “gone” has no value in the training split/);
    expect(told(data)).toMatch(/Column “same” is always the same/);
  });

  it('that are left out for the same reason are named together', async () => {
    const data = await prepareCsv(
      table('a,b,c,x,label', (i) => `1,2,3,${i}.5,${i % 2 ? 'u' : 'v'}`),
      'data: {columns: {a: number, b: number, c: number}}',
    );
    expect(told(data)).toBe('3 columns are always the same in the training split, so they are ignored: “a”, “b”, “c”.');
  });

  it('follow the roles of the config before those of the dataset', async () => {
    const content = table('id,year,x,label', (i) => `${i},${2007 + (i % 3)},${i / 7},${i % 2 ? 'a' : 'b'}`);
    const data = await prepareCsv(content, 'data: {columns: {id: number, year: category, x: ignore}}');
    const columns = data.preprocessing.inputs.kind === 'table' ? data.preprocessing.inputs.columns : [];
    expect(columns.map(({ name, role }) => [name, role])).toEqual([
      ['id', 'number'],
      ['year', 'category'],
    ]);
  });

  it('are the same in batches of any size', async () => {
    const data = await prepareCsv(PLAIN);
    const whole = await batch(data, [5, 9, 2]);
    const single = await batch(data, [9]);
    expect([...whole.inputs.subarray(5, 10)]).toEqual([...single.inputs]);
    expect(whole.n).toBe(3);
  });

  it('are the same when they are prepared again', async () => {
    const [a, b] = [await prepareCsv(PLAIN), await prepareCsv(PLAIN)];
    expect(a.splits).toEqual(b.splits);
    expect(a.preprocessing).toEqual(b.preprocessing);
  });
});

describe('the target of a table', () => {
  it('of few whole numbers is a class, sorted by value; of many it is a value', async () => {
    const classes = await prepareCsv(table('x,y', (i) => `${i}.5,${(i % 11) + 1}`, 110));
    expect(classes.preprocessing.classes).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
    const values = await prepareCsv(table('x,y', (i) => `${i}.5,${(i * 37) % 101}`, 110));
    expect(values.preprocessing.task).toBe('regression');
  });

  it('of a regression is standardised', async () => {
    const data = await prepareCsv(table('x,y', (i) => `${i}.5,${i * 3 + 0.5}`));
    const scale = data.preprocessing.target_scale;
    const { targets } = await batch(data, data.splits.train);
    expect([...targets].reduce((a, b) => a + b) / targets.length).toBeCloseTo(0, 5);
    const { targets: third } = await batch(data, [3]);
    expect(third[0] * (scale?.std[0] ?? 0) + (scale?.mean[0] ?? 0)).toBeCloseTo(9.5, 4);
    expect(data.class_counts).toBeNull();
  });

  it('may be several columns', async () => {
    const data = await prepareCsv(
      table('x,y,z', (i) => `${i}.5,${i * 3},${-i}`),
      'data: {target: [y, z]}',
    );
    const { targets } = await batch(data, [1, 2]);
    expect(targets).toHaveLength(4);
    expect(data.preprocessing).toMatchObject({ task: 'regression', target: ['y', 'z'], input_shape: [1] });
  });

  it('leaves the guessed label among the inputs when it is another column', async () => {
    const data = await prepareCsv(
      table('x,species,mass', (i) => `${i}.5,${COLOURS[i % 3]},${i * 3}.5`),
      'data: {target: mass}',
    );
    expect(data.preprocessing.input_shape).toEqual([5]);
  });

  it('where it is missing drops the row, and says how many', async () => {
    const data = await prepareCsv(table('x,label', (i) => `${i}.5,${i % 10 ? 'ab'[i % 2] : ''}`));
    expect(data.examples).toBe(54);
    expect(told(data)).toMatch(/6 rows of “data” without a target are left out/);
  });

  it('with one class only is refused', async () => {
    const error = await failure(() => prepareCsv(table('x,label', (i) => `${i}.5,same`)));
    expect(error).toMatchObject({ kind: 'data' });
    expect(error.message).toMatch(/The target “label” has only one class to learn from \(“same”\)/);
  });

  it('with a label that training never sees counts it as unlabelled, naming it', async () => {
    const content = table('x,label', (i) => `${i}.5,${i === 7 ? 'rare' : 'ab'[i % 2]}`);
    let met = false;
    for (let seed = 0; seed < 40 && !met; seed++) {
      const data = await prepareCsv(content, `{data: {split: {stratify: false}}, reproducibility: {seed: ${seed}}}`);
      if (data.splits.train.includes(7)) continue;
      met = true;
      expect(data.preprocessing.classes).toEqual(['a', 'b']);
      expect((await batch(data, [7])).targets).toEqual(Int32Array.of(-1));
      expect(told(data)).toMatch(
        /The label “rare” of label does not occur in the training split; 1 example with it is left out/,
      );
    }
    expect(met).toBe(true);
  });

  it('that does not exist, or a role for a column that does not, is refused with names that come close', async () => {
    const target = await failure(() => prepareCsv(PLAIN, 'data: {target: colour_}'));
    expect(target).toMatchObject({ kind: 'config', where: { key: 'data.target' } });
    expect(target.message).toMatch(
      /names the column “colour_”, .*Did you mean “colour”\? Its columns are x, colour, label\./,
    );
    const role = await failure(() => prepareCsv(PLAIN, 'data: {columns: {Colour: number}}'));
    expect(role.message).toMatch(/^data\.columns\.Colour names .*Did you mean “colour”/);
  });

  it('that nothing names is asked for, with the columns', async () => {
    const error = await failure(() => prepareCsv(PLAIN, 'data: {columns: {label: ignore}}'));
    expect(error).toMatchObject({ kind: 'data' });
    expect(error.message).toMatch(/Set data\.target to one of x, colour, label/);
  });

  it('of words cannot be regressed, nor one of names classified', async () => {
    expect((await failure(() => prepareCsv(PLAIN, 'data: {task: regression}'))).message).toMatch(
      /The target “label” holds words such as “no”/,
    );
    const named = table('x,name', (i) => `${i % 5}.5,N${i}`, 80);
    expect((await failure(() => prepareCsv(named, 'data: {target: name}'))).message).toMatch(
      /has 80 different values in 80 rows, too many to be classes/,
    );
  });

  it('that never changes cannot be learnt', async () => {
    const error = await failure(() =>
      prepareCsv(
        table('x,y', (i) => `${i}.5,3.5`),
        'data: {target: y, task: regression}',
      ),
    );
    expect(error.message).toMatch(/The target “y” is always 3\.5/);
  });
});

describe('the examples of a table', () => {
  it('are limited before they are split, classes in balance', async () => {
    const data = await prepareCsv(PLAIN, 'data: {limit: 20}');
    expect(data.examples).toBe(20);
    expect(data.class_counts?.reduce((a, b) => a + b)).toBe(data.splits.train.length);
    const { targets } = await batch(
      data,
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect([...targets].filter((t) => t === 1)).toHaveLength(10);
  });

  it('with decimal commas are the same as with points', async () => {
    const row = (i: number, sign: string): string => `${i}${sign}5`;
    const point = await prepareCsv(table('x;label', (i) => `${row(i, '.')};${'ab'[i % 2]}`));
    const comma = await prepareCsv(table('x;label', (i) => `${row(i, ',')};${'ab'[i % 2]}`));
    expect((await batch(comma, [1, 2, 3])).inputs).toEqual((await batch(point, [1, 2, 3])).inputs);
    expect(comma.preprocessing.inputs).toMatchObject({ decimal_comma: true });
  });
});

describe('prediction', () => {
  it('uses the preprocessing of the training, whatever the new rows hold', async () => {
    const data = await prepareCsv(PLAIN);
    const { dataset, blobs } = await importTable(
      'new.csv',
      'label,extra,colour,x\nyes,1,red,0.3\nmaybe,2,purple,NA\n,3,,5\n',
    );
    const prediction = await preparePrediction(dataset, data.preprocessing, blobs);
    const { inputs, targets, n } = await prediction.batch([0, 1, 2]);
    expect(n).toBe(3);
    expect([...inputs.subarray(0, 5)]).toEqual([...(await batch(data, [3])).inputs]);
    expect([...inputs.subarray(5, 10)]).toEqual([0, 0, 0, 0, 1]);
    expect([...targets]).toEqual([1, -1, -1]);
    expect(prediction.names).toEqual(['1', '2', '3']);
    expect(prediction.labelled).toBe(true);
    expect(told(prediction)).toMatch(/Column “colour” holds “purple”, which the model has not seen/);
    expect(told(prediction)).toMatch(/The label “maybe” of label does not occur/);
  });

  it('takes 1.0 for the category 1', async () => {
    const content = table('k,label', (i) => `${i % 3},${'ab'[i % 2]}`);
    const data = await prepareCsv(content, 'data: {columns: {k: category}}');
    const { dataset, blobs } = await importTable('new.csv', 'k,z\n1.0,a\n2.50,b\n');
    const { inputs } = await (await preparePrediction(dataset, data.preprocessing, blobs)).batch([0, 1]);
    expect([...inputs]).toEqual([0, 1, 0, 0, 0, 0, 0, 1]);
  });

  it('needs no target', async () => {
    const data = await prepareCsv(table('x,y', (i) => `${i}.5,${i * 3}.5`));
    const { dataset, blobs } = await importTable('new.csv', 'x,other\n1.5,a\n2.5,b\n');
    const prediction = await preparePrediction(dataset, data.preprocessing, blobs);
    expect(prediction.labelled).toBe(false);
    expect([...(await prediction.batch([0])).targets]).toEqual([NaN]);
  });

  it('names the columns that lack', async () => {
    const data = await prepareCsv(PLAIN);
    const { dataset, blobs } = await importTable('new.csv', 'x,hue\n1,red\n');
    const error = await failure(() => preparePrediction(dataset, data.preprocessing, blobs));
    expect(error).toMatchObject({ kind: 'data', where: { column: 'colour' } });
    expect(error.message).toMatch(/“new” lacks the column “colour”, .* it has “x”, “hue”/);
  });

  it('takes a preprocessing that went through JSON, and no other', async () => {
    const { preprocessing } = await prepareCsv(PLAIN);
    const json: unknown = JSON.parse(JSON.stringify(preprocessing));
    expect(v.parse(preprocessingSchema, json)).toEqual(preprocessing);
    for (const change of [
      { version: 2 },
      { classes: null },
      { input_shape: [4] },
      { task: 'other' },
      { target_scale: 3 },
    ]) {
      expect(v.safeParse(preprocessingSchema, { ...preprocessing, ...change }).success).toBe(false);
    }
  });
});

it('prepares the penguins for their species and for their mass', async (context) => {
  const folder = sharedData();
  if (!folder) return context.skip();
  const blobs = memoryBlobs();
  const { datasets } = await importFiles([sharedFile(folder, 'tabular/penguins.csv')], blobs);
  const species = await prepareTraining(datasets[0], config(''), blobs);
  expect(species.preprocessing.classes).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
  expect(species.examples).toBe(344);
  const { inputs } = await species.batch(Array.from({ length: 344 }, (_, i) => i));
  expect([...inputs].every((value) => Number.isFinite(value) && Math.abs(value) < 6)).toBe(true);
  const mass = await prepareTraining(datasets[0], config('data: {target: body_mass_g}'), blobs);
  expect(mass.preprocessing.task).toBe('regression');
  expect(mass.examples).toBe(342);
  expect(told(mass)).toMatch(/2 rows of “penguins” without a target/);
  const names =
    mass.preprocessing.inputs.kind === 'table' ? mass.preprocessing.inputs.columns.map(({ name }) => name) : [];
  expect(names).toContain('species');
});
