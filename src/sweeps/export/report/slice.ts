/** One parameter against the objective. */
import { formatCount, formatNumber, plural } from '../../../base/format';
import type { TrialRow } from '../../../store/study';
import { distributionOf } from '../../space/distribution';
import { objectiveScale, parameterScale } from '../../views/scale';
import { thin } from '../../views/thin';
import { formatValue, type ReportContent } from './content';
import { dots, drawChart } from './frame';
import { html, type Markup } from './html';

/** Dots in the slices of all parameters together. */
const MAX_DOTS = 24_000;

/** A slice per parameter. `ranked`: complete trials, the best first. */
export function sliceCharts(content: ReportContent, ranked: readonly TrialRow[]): Markup[] {
  const { study, keys, names, best } = content;
  const [{ metric, direction }] = study.objectives;
  const scale = objectiveScale(
    ranked.flatMap(({ values }) => values?.[0] ?? []),
    direction,
  );
  const limit = Math.max(200, Math.floor(MAX_DOTS / Math.max(1, keys.length)));
  return keys.map((key) => {
    const distribution = distributionOf(study.space[key]);
    const axis = parameterScale(distribution);
    const having = ranked.filter(({ params }) => Object.hasOwn(params, key));
    const shown = thin(having, limit);
    const point = (
      trial: TrialRow,
      place: { x: (at: number) => number | null; y: (value: number) => number | null },
    ) => {
      // Choices would lie on one line each: a place beside it by the trial's number keeps them apart.
      const aside = distribution.type === 'categorical' ? jitter(trial.number) / distribution.choices.length : 0;
      const [x, y] = [place.x(axis.of(trial.params[key]) + aside), place.y(trial.values?.[0] ?? NaN)];
      const title = `Trial ${trial.number}: ${formatValue(trial.params[key])}, ${formatNumber(trial.values?.[0])}`;
      return x === null || y === null ? [] : [{ x, y, title }];
    };
    const without = ranked.length - having.length;
    return drawChart({
      title: names.get(key) ?? key,
      caption: [
        without > 0 && `It was not active in ${plural(without, 'trial')}.`,
        shown.length < having.length &&
          `${formatCount(shown.length)} of ${formatCount(having.length)} trials are drawn.`,
      ]
        .filter(Boolean)
        .join(' '),
      // The axis of the places themselves: a parameter's own scale has been used above.
      x: {
        label: distribution.type !== 'categorical' && distribution.log ? `${key} (logarithmic)` : key,
        scale: { ...axis, at: (at) => at },
      },
      y: { label: metric, scale },
      marks: (place) => {
        const others = shown.filter(({ number }) => number !== best?.number);
        return html`${dots(
          others.flatMap((trial) => point(trial, place)),
          'one faint',
        )}
        ${best && Object.hasOwn(best.params, key) && dots(point(best, place), 'two', 4.5)}`;
      },
    });
  });
}

/** From −0.3 to 0.3, spread evenly by the golden ratio. */
const jitter = (number: number): number => ((number * 0.618034) % 1) * 0.6 - 0.3;
