/** The trials as a table, the best first. */
import { formatCount, formatDuration, formatNumber, plural } from '../../../base/format';
import type { TrialRow } from '../../../store/study';
import { formatValue, type ReportContent } from './content';
import { html, type Markup } from './html';

/** Above this many cells a page takes seconds to open. */
const MAX_CELLS = 120_000;
/** More rows than this wait behind a click. */
const MAX_OPEN_ROWS = 200;

/** The table. `ranked`: all trials, the best first. */
export function trialTable({ study, keys, names, best }: ReportContent, ranked: readonly TrialRow[]): Markup {
  const has = {
    steps: ranked.some(({ steps }) => steps > 0),
    reason: ranked.some(({ reason }) => reason !== null),
  };
  const columns = 3 + study.objectives.length + keys.length + Number(has.steps) + Number(has.reason);
  const rows = ranked.slice(0, Math.max(1, Math.floor(MAX_CELLS / columns)));
  const row = (trial: TrialRow): Markup => {
    const cells = [
      figure(String(trial.number)),
      text(trial.state),
      ...study.objectives.map((_, i) => figure(trial.values ? formatNumber(trial.values[i]) : '')),
      ...keys.map((key) => text(Object.hasOwn(trial.params, key) ? formatValue(trial.params[key]) : '')),
      ...(has.steps ? [figure(trial.steps > 0 ? formatCount(trial.steps) : '')] : []),
      figure(duration(trial)),
      ...(has.reason ? [text(trial.reason ?? '')] : []),
    ];
    return trial.number === best?.number
      ? html`<tr class="best">
          ${cells}
        </tr>`
      : html`<tr>
          ${cells}
        </tr>`;
  };
  return html`<section>
    <h2>Trials</h2>
    <p class="quiet">
      ${
        rows.length < ranked.length
          ? `The best ${formatCount(rows.length)} of ${formatCount(ranked.length)} trials; the CSV file has them all.`
          : 'The best first, then those that were pruned, failed or did not run.'
      }
    </p>
    <details ${rows.length <= MAX_OPEN_ROWS && 'open'}>
      <summary>${plural(rows.length, 'trial')}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Trials">
        <table>
          <thead>
            <tr>
              <th class="n">Trial</th>
              <th>State</th>
              ${study.objectives.map(({ metric }) => html`<th class="n">${metric}</th>`)}
              ${keys.map((key) => html`<th title="${key}">${names.get(key) ?? key}</th>`)}
              ${has.steps && html`<th class="n">Steps</th>`}
              <th class="n">Duration</th>
              ${has.reason && html`<th class="why">Reason</th>`}
            </tr>
          </thead>
          <tbody>
            ${rows.map(row)}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}

const text = (content: string): Markup => html`<td>${content}</td>`;

const figure = (content: string): Markup => html`<td class="n">${content}</td>`;

const duration = ({ started, ended }: TrialRow): string =>
  started === null || ended === null ? '' : formatDuration((ended - started) / 1000);
