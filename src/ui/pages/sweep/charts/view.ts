/** What every view of a study is given, and what it tells. */
import type { StudyRow, TrialRow } from '../../../../store/study';
import type { Importance, ImportanceEvaluator } from '../../../../sweeps/importance/importance';

/** Props of a view. Views share what is hovered and what is brushed. */
export interface ViewProps {
  study: StudyRow;
  /** By number. */
  trials: readonly TrialRow[];
  /** Numbers chosen by a drag across a chart; null: all. */
  brushed: ReadonlySet<number> | null;
  /** The trial under the pointer. */
  hovered: number | null;
  onhover: (number: number | null) => void;
  onbrush: (numbers: ReadonlySet<number> | null) => void;
  /** Opens a trial. */
  onopen: (number: number) => void;
  /** How much each parameter matters for an objective. */
  importance: (evaluator: ImportanceEvaluator, objective: number) => Promise<Importance[]>;
}

/** Opacity of what is not brushed. */
export const DIMMED = 0.13;
