/** What happens in the workbench. */
import type { GroupStatus } from '../../peers/status';
import type { DeliveryRow } from '../../store/delivery';
import type { TrialRow } from '../../store/study';
import type { TrainingEvent } from '../../training/protocol';
import type { CrewMember, HelperStatus, RoomStatus } from './peers';

/** Progress of anything that takes longer than a moment. `done` and `total` in bytes, rows or files. */
export interface Progress {
  stage: string;
  done: number;
  total: number | null;
}

/** What happens in the workbench, in this tab or another. */
export type WorkbenchEvent =
  | TrainingEvent
  /** A row was written, deleted or brought back: lists should read it again. */
  | { type: 'changed'; noun: 'dataset' | 'run' | 'model' | 'study'; id: string }
  /** So was a registered model of this browser, or a version of it. */
  | { type: 'changed'; noun: 'registered_model'; id: string }
  /** A trial of a study started, reported, ended or was enqueued. */
  | { type: 'trial'; study_id: string; trial: TrialRow }
  /** The group of a run, about twice a second while it trains together. */
  | { type: 'group'; run_id: string; status: GroupStatus }
  /** Who trains trials of a study changed, or what they train. */
  | { type: 'crew'; study_id: string; members: CrewMember[] }
  /** This browser trains trials of somebody else's study. */
  | { type: 'helper'; status: HelperStatus }
  /** A room's connections or the copy of its dataset changed. */
  | { type: 'room'; status: RoomStatus }
  /** A delivery began, went on, met a problem, or is done. */
  | { type: 'delivery'; delivery: DeliveryRow }
  /** A delivery was given up by the user. */
  | { type: 'delivery_removed'; id: string }
  /** A run was found unfinished and goes on in this tab. */
  | { type: 'resumed'; run_id: string; name: string; step: number }
  /** Storage could not take a write; cleared when one succeeds again. */
  | { type: 'storage_full'; full: boolean }
  /** Another tab brought a newer version of the database: this one must be reloaded. */
  | { type: 'outdated' }
  | { type: 'import_progress'; progress: Progress };
