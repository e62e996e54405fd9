/** What was odd about a table that could be read all the same: one sentence each, with file, row, column and remedy. */
import type { ColumnRole } from '../../config/schema';
import type { Notice } from '../../store/schema';
import type { ColumnProfile } from '../table/profile';
import type { OddCells } from '../table/writer';
import { isAmbiguousDate } from '../values/date';
import { DELIMITER_NAMES, type Delimiter, type TableLayout } from './csv-layout';
import type { TableRows } from './csv-rows';
import type { TextEncodingName } from './text-encoding';

interface Findings {
  path: string;
  encoding: TextEncodingName;
  delimiter: Delimiter;
  decimalComma: boolean;
  layout: TableLayout;
  rows: TableRows;
  profiles: ColumnProfile[];
  roles: ColumnRole[];
  odd: OddCells[];
}

const ENCODINGS: Record<Exclude<TextEncodingName, 'utf-8'>, string> = {
  'utf-16le': 'UTF-16 (little-endian)',
  'utf-16be': 'UTF-16 (big-endian)',
  'windows-1252': 'Latin-1 (Windows-1252)',
};

/** All notices of a table, those about the file first. */
export function tableNotices(findings: Findings): Notice[] {
  return [...fileNotices(findings), ...rowNotices(findings), ...columnNotices(findings)];
}

const info = (message: string): Notice => ({ level: 'info', message });
const warning = (message: string): Notice => ({ level: 'warning', message });
const plural = (count: number, one: string): string => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
const quote = (text: string): string => `“${text.length > 40 ? `${text.slice(0, 39)}…` : text}”`;

function fileNotices({ path, encoding, delimiter, decimalComma, layout }: Findings): Notice[] {
  const notices: Notice[] = [];
  if (encoding !== 'utf-8')
    notices.push(info(`${path} is encoded as ${ENCODINGS[encoding]}. If letters look wrong, save it as UTF-8.`));
  if (delimiter !== ',' && delimiter !== '\t')
    notices.push(info(`${path}: cells are separated by a ${DELIMITER_NAMES[delimiter]}.`));
  if (decimalComma) notices.push(info(`${path}: numbers are written with a decimal comma (3,14).`));
  if (layout.headerRows === 0) {
    notices.push(
      warning(
        `${path}, row 1: it holds numbers, so it was read as data and the columns were named column_1 to column_${layout.names.length}. If it is a header, name the columns in words.`,
      ),
    );
  }
  if (layout.rowNames)
    notices.push(
      info(`${path}: the rows have one cell more than the header; the first column was named “${layout.names[0]}”.`),
    );
  if (layout.empty.length > 0)
    notices.push(
      info(
        `${path}, row 1: ${plural(layout.empty.length, 'column')} without a name; named ${layout.empty.join(', ')}.`,
      ),
    );
  for (const { name, as } of layout.repeated) {
    notices.push(
      warning(
        `${path}, row 1: two columns are named ${quote(name)}; the later one is now ${quote(as)}. Give each column its own name.`,
      ),
    );
  }
  return notices;
}

function rowNotices({ path, layout, rows }: Findings): Notice[] {
  const notices: Notice[] = [];
  const width = layout.names.length;
  if (rows.short.count > 0) {
    const from = layout.names[rows.short.cells];
    notices.push(
      warning(
        `${path}, row ${rows.short.line}: ${rows.short.cells} of ${width} cells (from column ${quote(from)} on none); ${plural(rows.short.count, 'row')} like this. What is not there is treated as missing. Fill it in, or remove the row.`,
      ),
    );
  }
  if (rows.long.count > 0) {
    notices.push(
      warning(
        `${path}, row ${rows.long.line}: ${rows.long.cells} cells where the header has ${width} (last column ${quote(layout.names[width - 1])}); ${plural(rows.long.count, 'row')} like this left out. Put a cell that holds the separator in quotation marks.`,
      ),
    );
  }
  if (rows.misplacedQuote !== null) {
    notices.push(
      warning(
        `${path}, row ${rows.misplacedQuote}: a quoted cell goes on after its closing quotation mark. Double a mark (“""”) that belongs to the text.`,
      ),
    );
  }
  return notices;
}

function columnNotices({ path, rows, profiles, roles, odd }: Findings): Notice[] {
  const notices: Notice[] = [];
  for (const { column, kind, count, line } of odd) {
    const what = kind === 'NaN' ? 'NaN' : 'infinite';
    notices.push(
      warning(
        `${path}, row ${line}, column ${quote(column)}: ${plural(count, 'cell')} ${count === 1 ? 'is' : 'are'} ${what} and treated as missing. Replace by a number, or leave empty.`,
      ),
    );
  }
  const gone = profiles.filter((profile) => profile.missing === profile.rows).map(({ name }) => quote(name));
  if (gone.length > 0) {
    const names = `${gone.slice(0, 5).join(', ')}${gone.length > 5 ? `, … (${gone.length} in all)` : ''}`;
    const [column, it] = gone.length === 1 ? ['column', 'it is'] : ['columns', 'they are'];
    notices.push(
      warning(
        `${path}, ${column} ${names}: every cell is missing, so ${it} ignored. Fill ${gone.length === 1 ? 'it' : 'them'} in, or remove ${gone.length === 1 ? 'it' : 'them'}.`,
      ),
    );
  }
  profiles.forEach((profile, i) => {
    const { name } = profile;
    const present = profile.rows - profile.missing;
    if (present === 0) return;
    const numeric = profile.numbers >= present * 0.9;
    if (numeric && profile.notNumbers && roles[i] !== 'category') {
      const { count, row, text } = profile.notNumbers;
      notices.push(
        warning(
          `${path}, row ${rows.lines.line(row)}, column ${quote(name)}: ${quote(text)} is no number; ${plural(count, 'cell')} like this treated as missing. Correct ${count === 1 ? 'it' : 'them'}, or make the column a category.`,
        ),
      );
    }
    if (numeric && profile.careful) {
      const { count, row, text } = profile.careful;
      notices.push(
        info(
          `${path}, row ${rows.lines.line(row)}, column ${quote(name)}: ${plural(count, 'number')} written as text (${quote(text)}), read without spaces, separators and signs.`,
        ),
      );
    }
    if (roles[i] === 'date' && profile.top.some(({ value }) => isAmbiguousDate(value)) && !profile.dayOrder) {
      notices.push(
        warning(
          `${path}, column ${quote(name)}: dates such as ${quote(profile.top[0].value)} are read as month/day/year, since no cell tells. Write dates as 2020-12-31 to be sure.`,
        ),
      );
    }
  });
  return notices;
}
