/** Studies from files. */
import type { Database } from '../../store/database';
import type { StudyRow } from '../../store/study';
export async function readStudies(_database: Database, _file: File): Promise<StudyRow[]> {
  return [];
}
