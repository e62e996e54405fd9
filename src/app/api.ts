/**
 * The workbench as seen from outside: the page, the command line (`window.lathe`) and the tests call exactly this.
 * Every command resolves to a typed result or throws a `LatheError`. A noun's commands and types stand in `api/`.
 */
import type { BackendInfo } from '../store/schema';
import type { ConfigCommands } from './api/configs';
import type { DatasetCommands } from './api/datasets';
import type { ModelCommands, BundleCommands } from './api/models';
import type { NotificationCommands } from './api/notifications';
import type { PeerCommands } from './api/peers';
import type { RegistryCommands } from './api/registry';
import type { RunCommands } from './api/runs';
import type { StudyCommands } from './api/studies';
import type { TrackingCommands } from './api/tracking';
import type { WorkbenchEvent } from './api/events';

export type { Prediction, PredictionResult } from '../analysis/prediction';
export type { ExportFormat, ExportedFile } from '../export/names';
export type { StudyFormat } from '../sweeps/export/registry';
export type { GroupStatus } from '../peers/status';
export type { ImportFile, ImportResult, Preview, SampleInfo } from './api/datasets';
export type { Progress, WorkbenchEvent } from './api/events';
export type { ModelImporter } from './api/models';
export type { NotificationChange, NotificationSettings, NotificationTest } from './api/notifications';
export type {
  CopyProgress,
  CrewMember,
  DatasetWay,
  ExampleTraffic,
  HelperStatus,
  HostedRun,
  PairingCode,
  PeerSettings,
  RoomOffer,
  RoomStatus,
  StudyCrew,
} from './api/peers';
export type { RunResult, StoredCheckpoint } from './api/runs';
export type { StudyResult } from './api/studies';
export type { RegistryPlace } from './api/registry';
export type { PendingByTracker, ServerInfo, TrackerInfo, TrackingSettings } from './api/tracking';

/** The product without a face. `openWorkbench` in `workbench.ts` makes one. */
export interface Workbench {
  subscribe(listener: (event: WorkbenchEvent) => void): () => void;

  datasets: DatasetCommands;
  configs: ConfigCommands;
  runs: RunCommands;
  studies: StudyCommands;
  models: ModelCommands;
  bundle: BundleCommands;
  peers: PeerCommands;
  tracking: TrackingCommands;
  registry: RegistryCommands;
  notifications: NotificationCommands;

  device: {
    /** What training would run on here, and why: probes once. */
    probe(): Promise<BackendInfo>;
    /** Bytes used and allowed by the browser for this origin. */
    storage(): Promise<{ used: number; quota: number }>;
  };
}
