/** Two objectives against each other, with the trials that no other one beats. */
import { formatNumber, plural } from '../../../base/format';
import type { TrialRow } from '../../../store/study';
import { objectiveScale } from '../../views/scale';
import { isContender } from '../../pareto';
import type { ReportContent } from './content';
import { dots, drawChart, type Places, type Point } from './frame';
import { html, type Markup } from './html';

/** The chart; null unless there are two objectives. */
export function paretoChart({ study, trials, front }: ReportContent): Markup | null {
  if (study.objectives.length !== 2) return null;
  const [first, second] = study.objectives;
  const contenders = trials.filter(isContender);
  const onFront = new Set(front.map(({ number }) => number));
  const scale = (i: number) =>
    objectiveScale(
      contenders.map(({ values }) => values[i]),
      study.objectives[i].direction,
    );
  return drawChart({
    title: 'Pareto front',
    caption: `${plural(front.length, 'trial')}, marked, of which no other is better in one objective without being worse in the other.`,
    x: { label: `${first.metric} (${first.direction})`, scale: scale(0) },
    y: { label: `${second.metric} (${second.direction})`, scale: scale(1) },
    marks: (place) =>
      html`${dots(
        contenders.filter(({ number }) => !onFront.has(number)).flatMap((trial) => point(trial, place)),
        'none faint',
      )}${dots(
        front.flatMap((trial) => point(trial, place)),
        'two',
        4,
      )}`,
  });
}

function point({ number, values }: TrialRow, place: Places): Point[] {
  const [x, y] = [place.x(values?.[0] ?? NaN), place.y(values?.[1] ?? NaN)];
  const title = `Trial ${number}: ${(values ?? []).map((value) => formatNumber(value)).join(', ')}`;
  return x === null || y === null ? [] : [{ x, y, title }];
}
