import type { Direction } from '../../config/search/search';
import type { TrialRow } from '../../store/study';
import type { Space } from '../space/space';
import type { Importance, ImportanceEvaluator } from './importance';
export function importanceOf(
  _trials: readonly TrialRow[],
  _space: Space,
  _direction: Direction,
  _objective: number,
  _evaluator: ImportanceEvaluator,
): Importance[] {
  return [];
}
