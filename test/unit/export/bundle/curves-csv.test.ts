import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { curvesCsv } from '../../../../src/export/bundle/curves-csv';
import { curve } from '../../../helpers/bundle-content';

describe('curvesCsv', () => {
  it('has one row a step and one column a metric, empty where nothing was logged', () => {
    const csv = curvesCsv([
      curve('val_loss', [[2, 0.5]]),
      curve('train_loss', [
        [1, 0.1 + 0.2],
        [2, 1e-9],
        [10, Number.NaN],
      ]),
    ]);
    expect(csv).toBe('step,train_loss,val_loss\r\n1,0.30000000000000004,\r\n2,1e-9,0.5\r\n10,NaN,\r\n');
  });

  it('gives every number back exactly', () => {
    const values = [Math.PI, Number.MIN_VALUE, 123456789.123456, -0.1];
    const csv = curvesCsv([
      curve(
        'm',
        values.map((value, i) => [i, value]),
      ),
    ]);
    const rows = Papa.parse<string[]>(csv, { skipEmptyLines: true }).data.slice(1);
    expect(rows.map(([, value]) => Number(value))).toEqual(values);
  });

  it('quotes a metric whose name holds a comma', () => {
    expect(curvesCsv([curve('f1, "macro"', [[1, 2]])])).toBe('step,"f1, ""macro"""\r\n1,2\r\n');
  });

  it('is a header alone where nothing was logged', () => {
    expect(curvesCsv([])).toBe('step\r\n');
  });
});
