/** What each trial reached, and the best so far. */
import { formatNumber, plural } from '../../../base/format';
import type { TrialRow } from '../../../store/study';
import { improvements } from '../../views/best-so-far';
import { linearScale, objectiveScale } from '../../views/scale';
import type { ReportContent } from './content';
import { crosses, dots, drawChart, type Places, type Point } from './frame';
import { html, type Markup } from './html';

interface Valued {
  number: number;
  value: number;
}

/** The history of one objective. */
export function historyChart({ study, trials }: ReportContent, objective: number): Markup {
  const { metric, direction } = study.objectives[objective];
  const valued = (state: TrialRow['state']): Valued[] =>
    trials.flatMap((trial) => {
      const value = trial.state === state ? trial.values?.[objective] : undefined;
      return value === undefined ? [] : [{ number: trial.number, value }];
    });
  const complete = valued('complete');
  const pruned = valued('pruned');
  const best = improvements(trials, direction, objective);
  // Where a pruned trial ended, early as it did, is no measure of what complete ones reach.
  const measured = complete.length > 1 ? complete : [...complete, ...pruned];
  const scale = objectiveScale(
    measured.map(({ value }) => value),
    direction,
  );
  const isOutside = ({ value }: Valued): boolean => !(scale.at(value) >= -0.001 && scale.at(value) <= 1.001);
  const outside = complete.filter(isOutside).length;
  const failed = trials.filter(({ state }) => state === 'failed').length;
  return drawChart({
    title: study.objectives.length > 1 ? `History of ${metric}` : 'History',
    caption: [
      'A dot is a complete trial, the line the best so far.',
      pruned.length > 0 &&
        `A cross is a pruned trial at its last value${pruned.some(isOutside) ? ', or at the edge where that lies beyond' : ''}.`,
      outside > 0 && `${plural(outside, 'complete trial')} far off ${outside === 1 ? 'lies' : 'lie'} outside.`,
      failed > 0 && `${plural(failed, 'failed trial')} ${failed === 1 ? 'has' : 'have'} no value.`,
    ]
      .filter(Boolean)
      .join(' '),
    x: { label: 'trial', scale: linearScale(0, Math.max(1, trials.length - 1), 6) },
    y: { label: metric, scale },
    marks: (place) => {
      const points = (rows: readonly Valued[], isKept = false): Point[] =>
        rows.flatMap(({ number, value }) => {
          const [x, y] = [place.x(number), isKept ? place.nearestY(value) : place.y(value)];
          return x === null || y === null ? [] : [{ x, y, title: `Trial ${number}: ${formatNumber(value)}` }];
        });
      return html`${crosses(points(pruned, true), 'none')}${dots(points(complete), 'one')}
        <path class="best" d="${bestLine(best, trials.length - 1, place)}" />`;
    },
  });
}

function bestLine(best: readonly Valued[], last: number, place: Places): string {
  let path = '';
  for (const { number, value } of best) {
    const [x, y] = [place.x(number), place.y(value)];
    if (x === null || y === null) continue;
    path += path ? `H${x}V${y}` : `M${x} ${y}`;
  }
  return path && `${path}H${place.x(last) ?? 0}`;
}
