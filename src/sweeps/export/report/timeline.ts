/** When each trial ran. */
import type { TrialRow, TrialState } from '../../../store/study';
import { linearScale } from '../../views/scale';
import type { ReportContent } from './content';
import { drawChart } from './frame';
import { html, type Markup } from './html';

const UNITS = [
  { name: 'seconds', ms: 1000 },
  { name: 'minutes', ms: 60_000 },
  { name: 'hours', ms: 3_600_000 },
  { name: 'days', ms: 86_400_000 },
] as const;

const CLASSES: [TrialState, string][] = [
  ['complete', 'one'],
  ['pruned', 'none'],
  ['failed', 'bad'],
];

/** The chart; null where no trial has both its times. */
export function timelineChart({ trials }: ReportContent): Markup | null {
  const spans = trials.flatMap(({ number, state, started, ended }) =>
    started === null || ended === null ? [] : [{ number, state, started, ended }],
  );
  if (spans.length === 0) return null;
  const start = spans.reduce((least, { started }) => Math.min(least, started), Infinity);
  const end = spans.reduce((most, { ended }) => Math.max(most, ended), -Infinity);
  // About two of a unit at least.
  const unit = UNITS.findLast(({ ms }) => end - start >= 2 * ms) ?? UNITS[0];
  const has = (state: TrialState): boolean => spans.some((span) => span.state === state);
  return drawChart({
    title: 'Timeline',
    caption: [
      'A bar is a trial, from its start to its end.',
      has('pruned') && 'Grey ones were pruned.',
      has('failed') && 'Red ones failed.',
    ]
      .filter(Boolean)
      .join(' '),
    x: { label: unit.name, scale: linearScale(0, Math.max((end - start) / unit.ms, 1e-3), 6) },
    y: { label: 'trial', scale: linearScale(0, Math.max(1, trials.length - 1), 5) },
    marks: (place) =>
      CLASSES.map(([state, kind]) => {
        const bars = new Set(
          spans
            .filter((span) => span.state === state)
            .flatMap((span) => {
              const y = place.y(span.number);
              const from = place.x((span.started - start) / unit.ms);
              const to = place.x((span.ended - start) / unit.ms);
              // A trial that took no time is still seen.
              return y === null || from === null || to === null ? [] : [`M${from} ${y}H${Math.max(to, from + 1)}`];
            }),
        );
        return html`<path class="span ${kind}" stroke-width="${barHeight(trials)}" d="${[...bars].join('')}" />`;
      }),
  });
}

const barHeight = (trials: readonly TrialRow[]): number => Math.min(8, Math.max(1, Math.floor(150 / trials.length)));
