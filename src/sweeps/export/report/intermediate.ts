/** How trials came to their values, epoch by epoch or fold by fold. */
import { formatCount } from '../../../base/format';
import type { TrialRow } from '../../../store/study';
import { linearScale, objectiveScale } from '../../views/scale';
import { thin } from '../../views/thin';
import type { ReportContent } from './content';
import { crosses, drawChart, polyline, type Places, type Point } from './frame';
import { html, type Markup } from './html';

const MAX_LINES = 200;

/** Intermediate values; null where none were reported. `ranked`: trials, the best first. */
export function intermediateChart(content: ReportContent, ranked: readonly TrialRow[]): Markup | null {
  const { study, best } = content;
  const reporting = ranked.filter(({ intermediate }) => intermediate.values.some(Number.isFinite));
  if (reporting.length === 0) return null;
  const shown = thin(reporting, MAX_LINES);
  const isPruned = ({ state }: TrialRow): boolean => state === 'pruned';
  const all = shown.flatMap(({ intermediate }) => intermediate.values);
  const steps = shown.flatMap(({ intermediate }) => intermediate.steps);
  const least = steps.reduce((a, b) => Math.min(a, b));
  const most = steps.reduce((a, b) => Math.max(a, b));
  const folds = study.config?.optimization.hyperparameter_search.folds ?? null;
  return drawChart({
    title: 'On the way',
    caption: [
      'A line is a trial.',
      shown.some(isPruned) && 'Grey ones were pruned where they end in a cross.',
      best && 'The strongest is the best.',
      shown.length < reporting.length &&
        `${formatCount(shown.length)} of ${formatCount(reporting.length)} are drawn: the best half of them, the others evenly spaced by rank.`,
    ]
      .filter(Boolean)
      .join(' '),
    x: {
      label: folds !== null ? 'fold' : study.config ? 'epoch' : 'step',
      scale: linearScale(least, Math.max(most, least + 1), 6),
    },
    y: { label: study.objectives[0].metric, scale: objectiveScale(all, study.objectives[0].direction) },
    marks: (place) => {
      const path = (trials: readonly TrialRow[]): string => trials.map((trial) => lineOf(trial, place)).join('');
      const pruned = shown.filter(isPruned);
      const others = shown.filter((trial) => !isPruned(trial) && trial.number !== best?.number);
      return html`<path class="line none" d="${path(pruned)}" />
        ${crosses(
          pruned.flatMap((trial) => lastPoint(trial, place)),
          'none',
        )}
        <path class="line one" d="${path(others)}" />
        ${best && html`<path class="best" d="${lineOf(best, place)}" />`}`;
    },
  });
}

function lineOf({ intermediate: { steps, values } }: TrialRow, place: Places): string {
  return polyline(
    steps.map((step, i) => {
      const [x, y] = [place.x(step), place.y(values[i])];
      return x === null || y === null ? null : [x, y];
    }),
  );
}

function lastPoint({ number, intermediate: { steps, values } }: TrialRow, place: Places): Point[] {
  const last = steps.length - 1;
  if (last < 0) return [];
  const [x, y] = [place.x(steps[last]), place.y(values[last])];
  return x === null || y === null ? [] : [{ x, y, title: `Trial ${number}` }];
}
