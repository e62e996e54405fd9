/** A study as a file. */
import type { StudyRow, TrialRow } from '../../store/study';
import type { StudyFile } from '../api';
export function writeStudy(
  study: StudyRow,
  _trials: readonly TrialRow[],
  format: 'optuna' | 'csv' | 'html',
): StudyFile {
  return { name: `${study.name}.${format}`, blob: new Blob([]) };
}
