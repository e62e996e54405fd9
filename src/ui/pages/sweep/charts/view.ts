/** What every view of a study is given, and what it tells. */
import type { StudyRow, TrialRow } from '../../../../store/study';
import type { Importance, ImportanceEvaluator } from '../../../../sweeps/importance/importance';

/** What every chart of a study is given: what is hovered and what is brushed is shared. Trials are named by their numbers. */
export interface ChartProps {
  study: StudyRow;
  /** By number. Replaced, not changed, when a trial does: what is worked out from them is kept by identity. */
  trials: readonly TrialRow[];
  /** Numbers chosen by a drag across a chart; null: all. */
  brushed: ReadonlySet<number> | null;
  /** The trial under the pointer. */
  hovered: number | null;
  onhover: (number: number | null) => void;
  onbrush: (numbers: ReadonlySet<number> | null) => void;
  /** Opens a trial. */
  onopen: (number: number) => void;
}

/** Props of a view. */
export interface ViewProps extends ChartProps {
  /** How much each parameter matters for an objective. */
  importance: (evaluator: ImportanceEvaluator, objective: number) => Promise<Importance[]>;
  /** Keys of parameters, the most important first, once that is known: views of two begin with these. */
  important?: readonly string[];
}

/** Opacity of what is not brushed. */
export const DIMMED = 0.13;
