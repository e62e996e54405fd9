import { describe, expect, it } from 'vitest';
import { importFiles } from '../../../../src/data/import';
import { previewDataset } from '../../../../src/data/preview';
import { memoryBlobs } from '../../../../src/store/blobs';
import { asTable, failure, file, importTable, roles, told } from '../helpers';

/** Every cell of a table as it is kept. */
async function cells(content: string | Uint8Array, path = 'data.csv'): Promise<(string | null)[][]> {
  const { dataset, blobs } = await importTable(path, content);
  const preview = await previewDataset(dataset, 0, dataset.examples, blobs);
  return preview.kind === 'table' ? preview.rows : [];
}

const names = (dataset: { columns: { name: string }[] }): string[] => dataset.columns.map(({ name }) => name);

describe('a table of text', () => {
  it('is kept cell by cell as it stands in the file', async () => {
    expect(await cells('a,b,c\n1,x,007\n2.50,,1e5\n-3,"y, z",12345678901234567890\n')).toEqual([
      ['1', 'x', '007'],
      ['2.50', null, '1e5'],
      ['-3', 'y, z', '12345678901234567890'],
    ]);
  });

  it('may hold line breaks and quotation marks inside quotes', async () => {
    const { dataset } = await importTable('q.csv', 'text,n\n"one\ntwo",1\n"say ""hi""",2\n"",3\nlast,x1\n');
    expect(dataset.examples).toBe(4);
    expect(await cells('text,n\n"one\r\ntwo",1\r\n"say ""hi""",2\r\n')).toEqual([
      ['one\ntwo', '1'],
      ['say "hi"', '2'],
    ]);
  });

  it.each([
    ['semicolons', 'a;b\n1;x\n2;y\n'],
    ['tabs', 'a\tb\n1\tx\n2\ty\n'],
    ['bars', 'a|b\n1|x\n2|y\n'],
    ['commas, with semicolons in a cell', 'a,b\n1,"x"\n2,"y"\n'],
    ['Mac line breaks', 'a,b\r1,x\r2,y\r'],
    ['Windows line breaks and blank lines', '\r\na,b\r\n\r\n1,x\r\n2,y\r\n\r\n'],
    ['a separator at the end of every line', 'a;b;\n1;x;\n2;y;\n'],
  ])('is read with %s', async (_, content) => {
    expect(await cells(content)).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ]);
  });

  it('is read with decimal commas', async () => {
    const { dataset } = await importTable('de.csv', 'Länge;Preis;n\n3,5;"1.234,50";1\n4,25;999,99;2\n');
    expect(dataset.decimal_comma).toBe(true);
    expect(dataset.columns[0].numeric).toMatchObject({ min: 3.5, max: 4.25 });
    expect(dataset.columns[1].numeric).toMatchObject({ min: 999.99, max: 1234.5 });
    expect(told(dataset)).toMatch(/de\.csv: numbers are written with a decimal comma/);
  });

  it('is read in UTF-8 with a byte order mark, UTF-16 of both kinds, and Latin-1', async () => {
    const text = 'näme,größe\nÄnne,1\nÖzil,2\n';
    const utf16 = (little: boolean, mark: boolean): Uint8Array => {
      const all = mark ? `\ufeff${text}` : text;
      const view = new DataView(new ArrayBuffer(all.length * 2));
      for (let i = 0; i < all.length; i++) view.setUint16(2 * i, all.charCodeAt(i), little);
      return new Uint8Array(view.buffer);
    };
    const files: [Uint8Array, RegExp | null][] = [
      [new TextEncoder().encode(`\ufeff${text}`), null],
      [utf16(true, true), /UTF-16/],
      [utf16(false, true), /UTF-16/],
      [utf16(true, false), /UTF-16/],
      [utf16(false, false), /UTF-16/],
      [Uint8Array.from(text, (char) => char.charCodeAt(0)), /Latin-1/],
    ];
    for (const [bytes, notice] of files) {
      const { dataset } = await importTable('enc.csv', bytes);
      expect(names(dataset)).toEqual(['näme', 'größe']);
      expect(dataset.columns[0].top.map(({ value }) => value)).toEqual(['Änne', 'Özil']);
      if (notice) expect(told(dataset)).toMatch(notice);
      else expect(told(dataset)).not.toMatch(/encoded/);
    }
  });

  it('keeps characters whole that a read cuts in two', async () => {
    const row = `${'é'.repeat(37)}ß,1\n`;
    const { dataset } = await importTable('cut.csv', `a,b\n${row.repeat(30_000)}`);
    expect(dataset.columns[0].distinct).toBe(1);
    expect(dataset.examples).toBe(30_000);
  });

  it('without a header gets names for its columns', async () => {
    const { dataset } = await importTable('iris.data', '5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n');
    expect(names(dataset)).toEqual(['column_1', 'column_2', 'column_3']);
    expect(dataset.examples).toBe(3);
    expect(told(dataset)).toMatch(/row 1: it holds numbers, so it was read as data/);
  });

  it('with years for column names has a header', async () => {
    const { dataset } = await importTable('years.csv', 'country,1990,1991\nA,5,6\nB,7,8\n');
    expect(names(dataset)).toEqual(['country', '1990', '1991']);
  });

  it('written by R names its rows', async () => {
    const { dataset } = await importTable('r.csv', '"x","y"\n"r1",1,2\n"r2",3,4\n');
    expect(names(dataset)).toEqual(['row', 'x', 'y']);
  });

  it('is recognised by what it holds, whatever it is called', async () => {
    const { dataset } = await importTable('export.dat', 'a;b;c\n1;2;x\n3;4;y\n5;6;x\n');
    expect(names(dataset)).toEqual(['a', 'b', 'c']);
  });

  it('has the same hash for the same content, whatever its name, and another for another', async () => {
    const hash = async (path: string, content: string): Promise<string> =>
      (await importTable(path, content)).dataset.content_hash;
    const first = await hash('a.csv', 'a,b\n1,x\n2,y\n');
    expect(await hash('b.tsv', 'a\tb\r\n1\tx\r\n2\ty\r\n')).toBe(first);
    expect(await hash('a.csv', 'a,b\n1,x\n2,z\n')).not.toBe(first);
    expect(await hash('a.csv', 'a,c\n1,x\n2,y\n')).not.toBe(first);
  });
});

describe('a bad table', () => {
  it('that is empty is refused by name', async () => {
    expect((await failure(() => importTable('none.csv', ''))).message).toMatch(/^none\.csv is empty \(0 bytes\)/);
    expect((await failure(() => importTable('blank.csv', '\n \n'))).message).toMatch(/^blank\.csv is empty/);
  });

  it('with a header only is refused, naming its columns', async () => {
    const error = await failure(() => importTable('head.csv', 'a,b,c\n'));
    expect(error.kind).toBe('data');
    expect(error.message).toBe('head.csv has a header (a, b, c) and no rows. Add rows below it.');
    expect(error.where).toEqual({ file: 'head.csv', row: 2 });
  });

  it('with ragged rows is read, saying which rows lack cells and which were left out', async () => {
    const { dataset } = await importTable('rag.csv', 'a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3\n"x\ny",1\n');
    expect(dataset.examples).toBe(4);
    expect(told(dataset)).toMatch(/rag\.csv, row 3: 2 of 3 cells \(from column “c” on none\); 2 rows like this/);
    expect(told(dataset)).toMatch(/rag\.csv, row 4: 4 cells where the header has 3 .*1 row like this left out/);
  });

  it('whose rows mostly do not fit the header is refused', async () => {
    const error = await failure(() => importTable('shift.csv', 'a,b\n1,2,3\n1,2\n4,5,6\n7,8,9,1\n'));
    expect(error.message).toMatch(/^shift\.csv, row 2: it has 3 cells where the header has 2/);
    expect(error.where).toEqual({ file: 'shift.csv', row: 2 });
  });

  it('with a quotation mark that never closes is refused, naming the line where it opens', async () => {
    const error = await failure(() => importTable('open.csv', 'a,b\n"x\ny",1\n2,"z\n3,4\n'));
    expect(error.message).toMatch(/^open\.csv, row 4: a quotation mark opens a cell and never closes/);
  });

  it('with two columns of the same name, or none, gets names that differ', async () => {
    const { dataset } = await importTable('dup.csv', 'x,x,,x,x_2\na,b,c,d,e\n1,2,3,4,5\n');
    expect(new Set(names(dataset)).size).toBe(5);
    expect(names(dataset).slice(0, 3)).toEqual(['x', 'x_3', 'column_3']);
    expect(told(dataset)).toMatch(/dup\.csv, row 1: two columns are named “x”; the later one is now “x_3”/);
  });

  it('with a column that is all missing ignores it, saying so', async () => {
    const { dataset } = await importTable('gap.csv', 'a,empty,label\n1,NA,x\n2,,y\n3,?,x\n');
    expect(roles(dataset).empty).toBe('ignore');
    expect(dataset.columns[1].missing).toBe(3);
    expect(told(dataset)).toMatch(/gap\.csv, column “empty”: every cell is missing/);
  });

  it('with NaN and Infinity treats them as missing, naming the first of them', async () => {
    const { dataset } = await importTable('inf.csv', 'a,b\n1,x\nNaN,y\ninf,x\n-Infinity,y\n1e999,x\n2,y\n');
    expect(dataset.columns[0]).toMatchObject({ missing: 4, role: 'number', numeric: { min: 1, max: 2 } });
    expect(told(dataset)).toMatch(/inf\.csv, row 3, column “a”: 1 cell is NaN and treated as missing/);
    expect(told(dataset)).toMatch(/inf\.csv, row 4, column “a”: 3 cells are infinite and treated as missing/);
  });

  it('with numbers as text reads them, naming the first', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i}.5,${i % 2 ? 'x' : 'y'}`).join('\n');
    const { dataset } = await importTable('num.csv', `n,label\n${rows}\n"1,234",x\n 12 ,y\n`);
    expect(dataset.columns[0]).toMatchObject({ role: 'number', missing: 0, numeric: { max: 1234 } });
    expect(told(dataset)).toMatch(/num\.csv, row 22, column “n”: 2 numbers written as text \(“1,234”\)/);
  });

  it('with a stray word among numbers reads it as missing, naming row, column and word', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i}.5,${i % 2 ? 'x' : 'y'}`).join('\n');
    const { dataset } = await importTable('stray.csv', `n,label\n${rows}\noops,x\n`);
    expect(roles(dataset).n).toBe('number');
    expect(told(dataset)).toMatch(/stray\.csv, row 22, column “n”: “oops” is no number; 1 cell like this/);
  });

  it('among good ones is refused alone', async () => {
    const outcome = await importFiles(
      [
        file('good.csv', 'a,b\n1,x\n2,y\n'),
        file('bad.csv', 'a,b\n'),
        file('prose.txt', 'It was the best of times, it was.\nNo.\n'),
      ],
      memoryBlobs(),
    );
    expect(outcome.datasets.map((dataset) => asTable(dataset).name)).toEqual(['good']);
    expect(outcome.refused.map(({ path }) => path).sort()).toEqual(['bad.csv', 'prose.txt']);
    expect(outcome.refused.find(({ path }) => path === 'prose.txt')?.reason).toMatch(/came with other data/);
  });

  it('that is something else in disguise is refused', async () => {
    const error = await failure(() => importTable('fake.csv', new Uint8Array([1, 2, 0, 0, 3, 4, 5, 9, 0, 1])));
    expect(error.message).toMatch(/^fake\.csv is of no kind that can be read/);
  });
});
