/** Parallel coordinates: a line a trial, an axis a parameter, the objective last. */
import { formatCount } from '../../../base/format';
import type { TrialRow } from '../../../store/study';
import { distributionOf } from '../../space/distribution';
import { objectiveScale, parameterScale, type Scale } from '../../views/scale';
import { thin } from '../../views/thin';
import type { ReportContent } from './content';
import { clip, figure, polyline, round } from './frame';
import { html, type Markup } from './html';

const MAX_LINES = 1000;
const MAX_AXES = 12;
const SPACING = 130;
const MARGIN = 70;
const TOP = 34;
const BOTTOM = 290;
/** Where a line passes an axis on which its trial has no value. */
const ABSENT = BOTTOM + 22;

/** Shades of lines, from the best fifth of the trials to the worst. */
const SHADES = 5;

interface Column {
  label: string;
  title: string;
  scale: Scale;
  at(trial: TrialRow): number | null;
  hasGaps: boolean;
}

/** The chart; null where there is nothing to compare. `ranked`: complete trials, the best first. */
export function parallelChart(content: ReportContent, ranked: readonly TrialRow[]): Markup | null {
  if (ranked.length < 2 || content.keys.length === 0) return null;
  const { study, best, keys } = content;
  const [{ metric, direction }] = study.objectives;
  const shown = thin(ranked, MAX_LINES);
  const objective = objectiveScale(
    ranked.flatMap(({ values }) => values?.[0] ?? []),
    direction,
  );
  const columns: Column[] = [
    ...keys.slice(0, MAX_AXES).map((key) => parameterColumn(content, key, shown)),
    {
      label: metric,
      title: metric,
      scale: objective,
      at: ({ values }) => Math.min(1, Math.max(0, objective.at(values?.[0] ?? NaN))),
      hasGaps: false,
    },
  ];
  const width = MARGIN * 2 + (columns.length - 1) * SPACING;
  const x = (column: number): number => MARGIN + column * SPACING;
  const y = (at: number): number => round(BOTTOM - at * (BOTTOM - TOP));
  const line = (trial: TrialRow): string =>
    polyline(
      columns.map((column, i) => {
        const at = column.at(trial);
        return at !== null && Number.isNaN(at) ? null : [x(i), at === null ? ABSENT : y(at)];
      }),
    );
  const byShade = Array.from({ length: SHADES }, (_, shade) =>
    shown.filter((_trial, rank) => Math.floor((rank / shown.length) * SHADES) === shade),
  ).reverse();
  return figure(
    'All parameters at once',
    [
      `A line is a complete trial; the stronger, the better its ${metric}.`,
      best && 'The best stands out.',
      keys.length > MAX_AXES && `The ${MAX_AXES} most important of ${keys.length} parameters are shown.`,
      columns.some(({ hasGaps }) => hasGaps) && 'Below an axis run the trials in which its parameter was not active.',
      shown.length < ranked.length &&
        `${formatCount(shown.length)} of ${formatCount(ranked.length)} trials are drawn: the best half of them, the others evenly spaced by rank.`,
    ]
      .filter(Boolean)
      .join(' '),
    html`<div class="scroll" tabindex="0" role="region" aria-label="All parameters at once">
      <svg
        viewBox="0 0 ${width} ${ABSENT + 14}"
        style="min-width: ${Math.round(width * 0.8)}px; max-width: ${width * 1.5}px"
        role="img"
        aria-label="All parameters at once"
      >
        ${byShade.map((trials, i) => html`<path class="line shade-${SHADES - 1 - i}" d="${trials.map(line).join('')}" />`)}
        ${best && html`<path class="best" d="${line(best)}" />`}
        ${columns.map(
          ({ label, title, scale, hasGaps }, i) =>
            html`<path class="axis" d="M${x(i)} ${TOP}V${BOTTOM}" /><text class="middle strong" x="${x(i)}" y="18"
                >${clip(label, 18)}<title>${title}</title></text
              >
              ${thinTicks(scale.ticks).map(({ at, label: tick }) => html`<path class="axis" d="M${x(i)} ${y(at)}h-4" /><text class="end halo" x="${x(i) - 7}" y="${y(at) + 4}">${clip(tick, 11)}</text>`)}
              ${hasGaps && html`<text class="end quiet halo" x="${x(i) - 7}" y="${ABSENT + 4}">none</text>`}`,
        )}
      </svg>
    </div>`,
    true,
  );
}

function parameterColumn({ study, names }: ReportContent, key: string, trials: readonly TrialRow[]): Column {
  const scale = parameterScale(distributionOf(study.space[key]));
  return {
    label: names.get(key) ?? key,
    title: key,
    scale,
    at: ({ params }) => (Object.hasOwn(params, key) ? scale.of(params[key]) : null),
    hasGaps: trials.some(({ params }) => !Object.hasOwn(params, key)),
  };
}

/** An axis has room for so many. */
const MAX_TICKS = 16;

const thinTicks = (ticks: Scale['ticks']): Scale['ticks'] =>
  ticks.length <= MAX_TICKS ? ticks : ticks.filter((_, i) => i % Math.ceil(ticks.length / MAX_TICKS) === 0);
