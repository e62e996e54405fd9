/**
 * A study as a page of its own: one HTML file that asks for nothing from outside, to be mailed, printed or kept. All that
 * users chose (names, notes, choices) is text in it, never markup.
 */
import type { StudyRow, TrialRow, TrialState } from '../../store/study';
import type { Importance } from '../importance/importance';
import { isBetter } from '../study';
import { isContender, paretoFront } from '../pareto';
import { bestSection } from './report/best';
import { reportContent } from './report/content';
import { historyChart } from './report/history';
import { html, Markup } from './report/html';
import { importanceChart } from './report/importance';
import { intermediateChart } from './report/intermediate';
import { parallelChart } from './report/parallel';
import { paretoChart } from './report/pareto';
import { sliceCharts } from './report/slice';
import { SCRIPT, STYLE } from './report/style';
import { summary } from './report/summary';
import { trialTable } from './report/table';
import { timelineChart } from './report/timeline';

/**
 * Writes the page. Of many trials charts draw the better half and a share of the others; their captions say so.
 * @param trials By number.
 * @param importance Of the parameters for the first objective; empty where it is not known.
 */
export function writeStudyReport(
  study: StudyRow,
  trials: readonly TrialRow[],
  importance: readonly Importance[],
): string {
  const directions = study.objectives.map(({ direction }) => direction);
  const [direction] = directions;
  const front = paretoFront(trials, directions).sort((a, b) =>
    isBetter(direction, a.values[0], b.values[0]) ? -1 : Number(isBetter(direction, b.values[0], a.values[0])),
  );
  const content = reportContent(study, trials, front, importance);
  const ranked = rankTrials(study, trials);
  const complete = ranked.filter(isContender);
  const slices = complete.length > 1 ? sliceCharts(content, complete) : [];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="Lathe" />
        <title>${study.name}: report of a study</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        ${summary(content)}
        <main>
          ${bestSection(content)}
          ${
            trials.length > 0 &&
            html`<section>
              <h2>How the search went</h2>
              <div class="charts">
                ${study.objectives.map((_, objective) => historyChart(content, objective))} ${paretoChart(content)}
                ${intermediateChart(content, ranked)} ${importanceChart(content)} ${timelineChart(content)}
                ${parallelChart(content, complete)}
              </div>
            </section>`
          }
          ${
            slices.length > 0 &&
            html`<section>
              <h2>One parameter at a time</h2>
              <p class="quiet">A dot is a complete trial, by its ${study.objectives[0].metric}.</p>
              <div class="charts">${slices}</div>
            </section>`
          }
          ${trials.length > 0 && trialTable(content, ranked)}
        </main>
        <script>
          ${new Markup(SCRIPT)};
        </script>
      </body>
    </html> `;
  return page.text;
}

const ORDER: readonly TrialState[] = ['complete', 'pruned', 'failed', 'running', 'waiting'];

/** The best first: complete trials by the first objective, those beyond their constraints after them, then other states. */
function rankTrials(study: StudyRow, trials: readonly TrialRow[]): TrialRow[] {
  const [{ direction }] = study.objectives;
  const place = (trial: TrialRow): number =>
    isContender(trial) ? -2 : trial.state === 'complete' ? -1 : ORDER.indexOf(trial.state);
  return [...trials].sort((a, b) => {
    const [first, second] = [a.values?.[0] ?? NaN, b.values?.[0] ?? NaN];
    return (
      place(a) - place(b) ||
      Number(isBetter(direction, second, first)) - Number(isBetter(direction, first, second)) ||
      a.number - b.number
    );
  });
}
