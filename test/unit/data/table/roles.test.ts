import { describe, expect, it } from 'vitest';
import { asTable, importTable, roles, sharedData, sharedFile } from '../helpers';
import { importFiles } from '../../../../src/data/import';
import { memoryBlobs } from '../../../../src/store/blobs';

const table = (header: string, row: (i: number) => string, n = 40): string =>
  `${header}\n${Array.from({ length: n }, (_, i) => row(i)).join('\n')}\n`;

const guess = async (content: string): Promise<Record<string, string>> =>
  roles((await importTable('t.csv', content)).dataset);

describe('roles are guessed', () => {
  it('for numbers, categories, dates, free text, identifiers and constants', async () => {
    expect(
      await guess(
        table(
          'id,height,colour,born,remark,code,same,zip,kind',
          (i) =>
            `${i + 1},${(i * 7) % 13}.5,${['red', 'blue'][i % 2]},2020-01-${10 + (i % 9)},a remark of ${i} words,K${i}x,1,0${i % 3}123,${['a', 'b', 'c'][i % 3]}`,
        ),
      ),
    ).toEqual({
      id: 'ignore',
      height: 'number',
      colour: 'category',
      born: 'date',
      remark: 'text',
      code: 'ignore',
      same: 'ignore',
      zip: 'category',
      kind: 'label',
    });
  });

  it('takes a column with a telling name for the label, wherever it stands', async () => {
    expect((await guess(table('target,a,b', (i) => `${i % 2},${i}.5,${'xyz'[i % 3]}`))).target).toBe('label');
    expect((await guess(table('a,Species,b', (i) => `${i}.5,${'xyz'[i % 3]},${'uvw'[i % 3]}`))).Species).toBe('label');
  });

  it('takes the last number where there are only numbers', async () => {
    expect(await guess(table('a,b,c', (i) => `${(i * 3) % 7}.5,${(i * 5) % 11}.5,${(i * 7) % 13}.5`))).toEqual({
      a: 'number',
      b: 'number',
      c: 'label',
    });
  });

  it('does not mistake a whole-numbered measure for an identifier', async () => {
    expect((await guess(table('population,label', (i) => `${(i * 7919) % 100_003},${'xy'[i % 2]}`))).population).toBe(
      'number',
    );
  });

  it('as a person would for the penguins', async (context) => {
    const folder = sharedData();
    if (!folder) return context.skip();
    const { datasets } = await importFiles([sharedFile(folder, 'tabular/penguins.csv')], memoryBlobs());
    expect(roles(asTable(datasets[0]))).toEqual({
      species: 'label',
      island: 'category',
      bill_length_mm: 'number',
      bill_depth_mm: 'number',
      flipper_length_mm: 'number',
      body_mass_g: 'number',
      sex: 'category',
      year: 'number',
    });
    expect(asTable(datasets[0]).columns.map(({ missing }) => missing)).toEqual([0, 0, 2, 2, 2, 2, 11, 0]);
  });
});
