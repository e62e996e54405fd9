import { describe, expect, it } from 'vitest';
import type { PreparedData } from '../../../src/data/contract';
import { preprocessingSchema } from '../../../src/data/features/schema';
import { importFiles } from '../../../src/data/import';
import { describeInput, preparePrediction, prepareTraining, splitDataset } from '../../../src/data/prepare';
import { MAX_VOCABULARY } from '../../../src/data/text/tokens';
import { memoryBlobs, type BlobStore } from '../../../src/store/blobs';
import type { DatasetRow } from '../../../src/store/schema';
import * as v from 'valibot';
import { config, failure, file, told } from './helpers';

const MODEL = 'model: {architecture: transformer, context: 8}';

async function importText(text: string): Promise<{ dataset: DatasetRow; blobs: BlobStore }> {
  const blobs = memoryBlobs();
  const { datasets } = await importFiles([file('a.txt', text)], blobs);
  return { dataset: datasets[0], blobs };
}

async function prepare(text: string, yaml = MODEL): Promise<PreparedData> {
  const { dataset, blobs } = await importText(text);
  return prepareTraining(dataset, config(yaml), blobs);
}

/** Characters that the windows show, and those that they ask for. */
async function read(data: PreparedData, windows: Uint32Array): Promise<{ shown: string; asked: string }> {
  const { inputs } = data.preprocessing;
  const vocabulary = inputs.kind === 'text' ? inputs.vocabulary : [];
  const batch = await data.batch(windows);
  const words = (tokens: ArrayLike<number>): string =>
    Array.from(tokens, (token) => (token < 0 ? '·' : (vocabulary[token - 1] ?? '?'))).join('');
  return { shown: words(batch.inputs), asked: words(batch.targets) };
}

// 100 characters: 13 windows of 8, of which one validates and one tests.
const TEXT = 'abcdefghij'.repeat(8) + 'klmnopqrstabcdefghij';

describe('a text made ready', () => {
  it('asks for every character once, held-out parts in one piece at the end', async () => {
    const data = await prepare(TEXT);
    const { train, validation, test } = data.splits;
    expect(data.examples).toBe(13);
    expect([train.length, validation.length, test.length]).toEqual([11, 1, 1]);
    const [a, b, c] = [await read(data, train), await read(data, validation), await read(data, test)];
    expect(a.shown + b.shown + c.shown).toBe(TEXT.replace('st', '??') + '????');
    // The last window of training does not ask for the first character that is held out.
    expect(a.asked).toBe(TEXT.slice(1, 88) + '·');
    expect(b.asked).toBe(TEXT.slice(89, 97).replace('t', '?'));
    expect(c.asked).toBe(TEXT.slice(97) + '·····');
  });

  it('in folds holds every piece but the test back once', async () => {
    const fold = (index: number) => prepare(TEXT, `${MODEL}\ndata: {split: {fold: {index: ${index}, of: 3}}}`);
    const folds = [await fold(0), await fold(1), await fold(2)];
    expect(folds.map(({ splits }) => [...splits.validation])).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    for (const { splits } of folds) {
      expect([...splits.test]).toEqual([12]);
      expect([...splits.train, ...splits.validation].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    }
    // Training asks neither for the first character of the fold nor for the first of the test.
    const middle = await read(folds[1], folds[1].splits.train);
    expect(middle.asked).toBe(`${TEXT.slice(1, 32)}·${TEXT.slice(65, 96)}·`);
    expect((await read(folds[1], folds[1].splits.validation)).asked).toBe(TEXT.slice(33, 65));
  });

  it('knows the characters around a fold, and no others', async () => {
    const text = 'ab'.repeat(16) + 'xyzw'.repeat(8) + 'cd'.repeat(16);
    const data = await prepare(text, `${MODEL}\ndata: {split: {test: 0, fold: {index: 1, of: 3}}}`);
    expect(data.preprocessing.inputs).toEqual({ kind: 'text', vocabulary: [...'abcd'] });
    expect(told(data)).toMatch(/^32 characters of the held-out text do not occur/);
    const short = await failure(() => prepare(TEXT, `${MODEL}\ndata: {split: {fold: {index: 0, of: 20}}}`));
    expect(short).toMatchObject({ kind: 'data', where: { key: 'model.context' } });
  });

  it('knows the characters of the training part alone, and says how many others there are', async () => {
    const data = await prepare('abcdefgh'.repeat(11) + 'xyz ! ab'.repeat(2));
    expect(data.preprocessing).toMatchObject({
      task: 'language_model',
      input_shape: [8],
      inputs: { kind: 'text', vocabulary: [...'abcdefgh'] },
      classes: null,
      target_scale: null,
    });
    expect((await read(data, data.splits.validation)).asked).not.toMatch(/[xyz!]/);
    expect(told(data)).toMatch(/^\d+ characters of the held-out text do not occur in the training part/);
    expect(v.parse(preprocessingSchema, JSON.parse(JSON.stringify(data.preprocessing)))).toEqual(data.preprocessing);
  });

  it('gives rare characters of a large alphabet one token', async () => {
    const alphabet = Array.from({ length: MAX_VOCABULARY + 5 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
    const data = await prepare(
      alphabet + alphabet.slice(0, MAX_VOCABULARY),
      `${MODEL}\ndata: {split: {test: 0, validation: 0}}`,
    );
    const { inputs } = data.preprocessing;
    expect(inputs.kind === 'text' && inputs.vocabulary.length).toBe(MAX_VOCABULARY);
    expect(told(data)).toMatch(/^5 rare characters share one token/);
  });

  it('with a limit uses fewer windows, of both splits', async () => {
    const data = await prepare('abcdefgh'.repeat(100), `${MODEL}\ndata: {limit: 18}`);
    expect([data.splits.train.length, data.splits.validation.length, data.splits.test.length]).toEqual([16, 2, 10]);
  });

  it('is described, split and predicted as it was trained', async () => {
    const { dataset, blobs } = await importText(TEXT);
    const data = await prepareTraining(dataset, config(MODEL), blobs);
    expect(await describeInput(dataset, config(MODEL), blobs)).toEqual({
      input_shape: [8],
      outputs: 19,
      tokens: { vocabulary: 19 },
    });
    const splits = await splitDataset(dataset, config(MODEL), blobs);
    expect(splits).toEqual(data.splits);
    const predicted = await preparePrediction(dataset, data.preprocessing, blobs, splits.test);
    expect(predicted.names).toEqual(['characters 97–100']);
    expect(await predicted.batch([0])).toEqual(await data.batch(splits.test));
  });

  it('refuses what is meant for other data by its key', async () => {
    const refusal = async (yaml: string) => failure(() => prepare(TEXT, yaml));
    expect(await refusal('')).toMatchObject({ kind: 'config', where: { key: 'model.architecture' } });
    expect((await refusal('model: {architecture: cnn}')).message).toMatch(
      /is cnn, which reads numbers.*Set it to transformer/,
    );
    expect(await refusal(`${MODEL}\ndata: {task: regression}`)).toMatchObject({ where: { key: 'data.task' } });
    expect(await refusal(`${MODEL}\ndata: {target: x}`)).toMatchObject({ where: { key: 'data.target' } });
    expect(await refusal(`${MODEL}\ndata: {columns: {x: number}}`)).toMatchObject({ where: { key: 'data.columns.x' } });
    expect(await refusal(`${MODEL}\ndata: {split: {validation: 0.6, test: 0.4}}`)).toMatchObject({
      where: { key: 'data.split' },
    });
    expect((await failure(() => prepare('aaaaaaaaaaaaaaaaaaaaaaaa'))).message).toMatch(/repeats one character/);
  });

  it('is refused by a model of tables, and tables by a model of text', async () => {
    const { dataset, blobs } = await importText(TEXT);
    const { preprocessing } = await prepareTraining(dataset, config(MODEL), blobs);
    const table = (await importFiles([file('t.csv', 'a,label\n1,x\n2,y\n3,x\n4,y\n')], blobs)).datasets[0];
    expect((await failure(() => preparePrediction(table, preprocessing, blobs))).message).toMatch(
      /takes text, and “t” is a table\. Give it a text file/,
    );
    const other = await prepareTraining(table, config('data: {split: {validation: 0, test: 0}}'), blobs);
    expect((await failure(() => preparePrediction(dataset, other.preprocessing, blobs))).message).toMatch(
      /“a” is text/,
    );
    expect(await failure(() => prepareTraining(table, config('data: {task: language_model}'), blobs))).toMatchObject({
      kind: 'config',
      where: { key: 'data.task' },
    });
  });
});
