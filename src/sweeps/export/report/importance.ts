/** How much each parameter matters, as bars. */
import { formatPercent } from '../../../base/format';
import type { ReportContent } from './content';
import { clip, figure } from './frame';
import { html, type Markup } from './html';

const WIDTH = 480;
const ROW = 22;
const LABELS = 170;
const MAX_BARS = 20;

/** Importance for the first objective; null where it is not known. */
export function importanceChart({ study, keys, names, importance }: ReportContent): Markup | null {
  const known = keys.filter((key) => importance.has(key));
  if (known.length === 0) return null;
  const shown = known.slice(0, MAX_BARS);
  const width = WIDTH - LABELS - 60;
  return figure(
    'What mattered',
    [
      `The share of each parameter in how ${study.objectives[0].metric} varies.`,
      shown.length < known.length && `The first ${MAX_BARS} of ${known.length}.`,
    ]
      .filter(Boolean)
      .join(' '),
    html`<svg viewBox="0 0 ${WIDTH} ${Math.max(4, shown.length) * ROW + 8}" role="img" aria-label="What mattered">
      ${shown.map((key, row) => {
        const share = Math.min(1, Math.max(0, importance.get(key) ?? 0)) || 0;
        const bar = Math.max(1, Math.round(share * width));
        const y = row * ROW + 4;
        return html`<text class="end" x="${LABELS - 10}" y="${y + 14}"
            >${clip(names.get(key) ?? key, 25)}<title>${key}</title></text
          >
          <rect class="bar" x="${LABELS}" y="${y + 3}" width="${bar}" height="14" rx="2" />
          <text x="${LABELS + bar + 8}" y="${y + 14}">${formatPercent(share)}</text>`;
      })}
    </svg>`,
  );
}
