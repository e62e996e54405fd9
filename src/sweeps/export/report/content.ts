/** What the parts of a report are made from. */
import type { ParameterValue } from '../../../config/search/space';
import { formatNumber } from '../../../base/format';
import type { StudyRow, TrialRow } from '../../../store/study';
import type { Importance } from '../../importance/importance';
import { shortNames } from '../../views/short-names';

/** What the parts of a report are made from. */
export interface ReportContent {
  study: StudyRow;
  /** By number. */
  trials: readonly TrialRow[];
  /** The best trial of a single objective. */
  best: TrialRow | null;
  /** Trials that no other one beats; of a single objective the best ones. */
  front: readonly TrialRow[];
  /** Keys of the search space, the most important first. */
  keys: string[];
  importance: ReadonlyMap<string, number>;
  /** Short names of the parameters by key. */
  names: ReadonlyMap<string, string>;
}

/** Collects it. */
export function reportContent(
  study: StudyRow,
  trials: readonly TrialRow[],
  front: readonly TrialRow[],
  importance: readonly Importance[],
): ReportContent {
  const shares = new Map(importance.map((one) => [one.key, one.importance]));
  const keys = Object.keys(study.space);
  return {
    study,
    trials,
    best: study.objectives.length === 1 ? (front.at(0) ?? null) : null,
    front,
    keys: [...keys].sort((a, b) => (shares.get(b) ?? 0) - (shares.get(a) ?? 0)),
    importance: shares,
    names: shortNames(keys),
  };
}

/** A value of a parameter as people read it. */
export function formatValue(value: ParameterValue): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? `[${value.map(formatValue).join(', ')}]` : String(value);
}
