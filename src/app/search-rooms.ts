/** Studies whose trials are dealt in a room: at the browser that has the study, and at those that train for it. */
import { LatheError } from '../base/errors';
import { appendLog } from '../store/logs';
import { HELPED_STUDY, purgeRun } from '../store/collect';
import type { Database } from '../store/database';
import type { StudyRow, StudyStatus, TrialWorker } from '../store/study';
import type { Executor } from '../sweeps/executor';
import type { CrewMember, HelperStatus } from './api';
import { getDataset } from './datasets';
import type { EventHub } from './events';
import type { PeerRoom } from './peer-room';
import { newRun } from './runs';
import { TrialDealer } from './trial-dealer';
import { TrialHelper } from './trial-helper';

/** How long guests may take to say that they know of the end, in milliseconds. */
const FAREWELL_MS = 3_000;

/** A study's place in its room. */
export interface StudySitting {
  /** Trains here and at guests. */
  executor: Executor;
  /** Resolves once as many browsers are there as are awaited. @throws LatheError that says how many are missing */
  gather(): Promise<void>;
  /** Lets the guests go and leaves the room. */
  end(status: StudyStatus, reason: string | null): Promise<void>;
}

/** Goes into the room of a study; `local` trains here. */
export type SitInSearch = (study: StudyRow, local: Executor) => Promise<StudySitting>;

/** What both sides need. */
export interface SearchParts {
  database: Database;
  hub: EventHub;
  /** Trains runs in this browser. */
  local: Executor;
}

/** Deals the trials of a study to those who come into its room. */
export async function hostSearch(
  room: PeerRoom,
  study: StudyRow,
  { database, hub, local }: SearchParts,
): Promise<StudySitting & { crew: () => CrewMember[] }> {
  const dealer = new TrialDealer({
    local,
    send: (to, message) => void room.api.sendTrial(to, message),
    knows: async (runId) => (await database.getKey('runs', runId)) !== undefined,
    take: async (from, run, order) => {
      const dataset = await getDataset(database, order.dataset_id);
      const own = await newRun(database, order.config, dataset, order);
      const began = own.created - Math.round(run.course.seconds * 1000);
      await unbroken(room, room.api.takeRun(from.id, run, { ...own, created: began }));
      await appendLog(database, order.run_id, 'info', `It was trained by ${nameOf(from)}.`);
      hub.emit({ type: 'changed', noun: 'run', id: order.run_id });
    },
    onCrew: (members) => hub.emit({ type: 'crew', study_id: study.id, members }),
  });
  await room.search({ role: 'host', study_id: study.id }, (event) => dealer.receive(event));
  const close = async (reason: string, back: boolean): Promise<void> => {
    await Promise.race([dealer.close(reason, back), new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
  };
  // What was dealt is dealt again, to this browser alone.
  void room.broken.then((reason) => close(`The worker of the room stopped: ${reason}.`, true));
  return {
    executor: dealer,
    crew: () => dealer.crew,
    gather: () => gather(dealer, study),
    async end(status, reason) {
      const back = status === 'paused' || status === 'running';
      const how = `The study ${study.name} is ${back ? 'paused' : status}.`;
      await close(reason === null ? how : `${how} ${reason}`, back);
    },
  };
}

async function gather(dealer: TrialDealer, { config }: StudyRow): Promise<void> {
  if (!config) return;
  const { world_size, wait_minutes } = config.training.distributed;
  const end = performance.now() + wait_minutes * 60_000;
  for (;;) {
    const missing = world_size - 1 - dealer.present;
    const left = end - performance.now();
    if (missing <= 0) return;
    if (left <= 0) {
      throw new LatheError(
        'training',
        `The search did not begin: ${missing} of ${world_size} browsers did not come in time. Start again with a smaller training.distributed.world_size, or wait longer.`,
      );
    }
    await Promise.race([dealer.elsewhere().change, new Promise((resolve) => setTimeout(resolve, left))]);
  }
}

/** What a browser that trains trials is told it to train. */
export interface HelpOrder {
  link: string;
  study_name: string;
  datasetId: string;
  slots: number;
  patienceMs: number;
}

/** A browser that trains trials of somebody else's study. */
export interface Helping {
  status: HelperStatus;
  helper: TrialHelper;
}

/** Offers this browser to the host of a room. */
export async function helpSearch(
  room: PeerRoom,
  { link, study_name, datasetId, slots, patienceMs }: HelpOrder,
  { database, hub, local }: SearchParts,
): Promise<Helping> {
  const helping: { status: HelperStatus | null } = { status: null };
  const helper = new TrialHelper({
    executor: local,
    slots,
    datasetId,
    studyId: `${HELPED_STUDY}${room.link.room.id}`,
    patienceMs,
    send: (to, message) => void room.api.sendTrial(to, message),
    pack: (runId) => unbroken(room, room.api.packRun(runId)),
    discard: async (runId) => {
      await unbroken(room, room.api.releaseRun(runId));
      await purgeRun(database, runId);
    },
    onStatus: (status) => {
      helping.status = { link, study_name, ...status };
      hub.emit({ type: 'helper', status: helping.status });
    },
  });
  await room.search({ role: 'guest', dataset_id: datasetId }, (event) => helper.receive(event));
  void room.broken.then((reason) => helper.leave(`The worker of the room stopped: ${reason}. Reload the page.`));
  return {
    helper,
    get status() {
      if (!helping.status) throw new LatheError('internal', 'The helper has no status.');
      return helping.status;
    },
  };
}

/** What a room's worker answers, unless it breaks first: then it answers nothing any more. */
function unbroken<T>(room: PeerRoom, answer: Promise<T>): Promise<T> {
  const broken = room.broken.then((reason): never => {
    throw new LatheError('internal', `The worker of the room stopped: ${reason}. Reload the page.`);
  });
  return Promise.race([answer, broken]);
}

/** What people call a browser that trains trials. */
const nameOf = ({ id, name, adapter }: TrialWorker): string =>
  `${name || `peer ${id.slice(0, 4)}`}${adapter === null ? '' : ` (${adapter})`}`;
