/** What every chart of a study is given. */
import type { StudyRow, TrialRow } from '../../../../store/study';

/** What every chart of a study is given; trials are named by their numbers. */
export interface ChartProps {
  study: StudyRow;
  /** Replaced, not changed, when a trial does: what is worked out from them is kept by identity. */
  trials: readonly TrialRow[];
  /** Trials that are chosen; null: all. */
  brushed: ReadonlySet<number> | null;
  /** The trial under the pointer, in whichever chart that is. */
  hovered: number | null;
  onhover: (number: number | null) => void;
  onbrush: (numbers: ReadonlySet<number> | null) => void;
  onopen: (number: number) => void;
}
