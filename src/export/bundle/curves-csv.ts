/** `curves.csv`: every logged metric over the steps, one row a step, as a spreadsheet reads it. */
import type { MetricSeries } from '../../store/metrics';

/**
 * The curves as CSV (RFC 4180): `step`, then one column a metric in alphabetical order. A cell is empty where a metric
 * was not logged at that step. Where a metric has several points at one step, the last one counts.
 */
export function curvesCsv(series: MetricSeries[]): string {
  const sorted = [...series].sort((a, b) => (a.metric < b.metric ? -1 : 1));
  const rows = new Map<number, string[]>();
  sorted.forEach(({ steps, values }, column) => {
    steps.forEach((step, i) => {
      let row = rows.get(step);
      if (!row) {
        row = Array.from({ length: sorted.length }, () => '');
        rows.set(step, row);
      }
      row[column] = String(values[i]);
    });
  });
  const lines = [...rows].sort(([a], [b]) => a - b).map(([step, cells]) => [step, ...cells].join(','));
  return [['step', ...sorted.map(({ metric }) => quote(metric))].join(','), ...lines, ''].join('\r\n');
}

const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
