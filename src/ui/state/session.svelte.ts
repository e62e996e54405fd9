/** Everything the pages share, around one workbench: given to components through the context. */
import { createContext } from 'svelte';
import { toast } from 'svelte-sonner';
import type { Workbench, WorkbenchEvent } from '../../app/api';
import type { RunRow } from '../../store/schema';
import type { StudyRow } from '../../store/study';
import type { TrainingEvent } from '../../training/protocol';
import { formatCount } from '../format';
import { studyHref } from '../routes';
import { valuesInWords } from '../studies';
import { Crews } from './crews.svelte';
import { Device } from './device.svelte';
import { Groups } from './groups.svelte';
import { Imports } from './imports.svelte';
import { Library } from './library.svelte';
import { Live, type LiveRun } from './live.svelte';
import { Tracking } from './tracking.svelte';

/** The page's view of the workbench. */
export class Session {
  readonly library: Library;
  readonly live = new Live();
  readonly device: Device;
  readonly imports: Imports;
  readonly groups: Groups;
  readonly crews: Crews;
  readonly tracking: Tracking;
  /** Another tab brought a newer database: this tab must be reloaded. */
  outdated = $state(false);
  /** Overlays that only one place may open. */
  paletteOpen = $state(false);
  shortcutsOpen = $state(false);
  /** A newer version of the page waits; calling this takes it. */
  acceptUpdate = $state.raw<(() => Promise<void>) | null>(null);
  /** Run ids chosen in the table of runs, kept while the user looks elsewhere. */
  selection = $state<string[]>([]);

  constructor(readonly workbench: Workbench) {
    this.library = new Library(workbench);
    this.device = new Device(workbench);
    this.imports = new Imports(workbench, this.library);
    this.groups = new Groups(workbench);
    this.crews = new Crews(workbench);
    this.tracking = new Tracking(workbench);
    this.library.studies.onreplace = sayHowStudyEnded;
  }

  /** The run that trains now and is no trial of a study, if there is one. */
  get training(): LiveRun | null {
    return this.live.latest((id) => this.library.runs.find(id) !== undefined);
  }

  /** The study that searches now, if one does; the newest where there are several. */
  get searching(): StudyRow | null {
    return this.library.studies.rows.find(({ status }) => status === 'running') ?? null;
  }

  /** Listens to the workbench and reads what is there. */
  async start(): Promise<void> {
    this.workbench.subscribe((event) => this.#receive(event));
    await Promise.all([this.library.load(), this.device.load(), this.tracking.start()]);
    await this.groups.load(this.library.runs.rows);
  }

  #receive(event: WorkbenchEvent): void {
    this.library.receive(event);
    this.live.receive(event);
    this.device.receive(event);
    this.imports.receive(event);
    this.groups.receive(event);
    this.crews.receive(event);
    this.tracking.receive(event);
    if (event.type === 'outdated') this.outdated = true;
    else if (event.type === 'resumed') {
      toast(`${event.name} goes on from step ${formatCount(event.step)}`, {
        description: 'It was cut off; its latest checkpoint was whole.',
        duration: 12_000,
      });
    } else if (event.type === 'device_lost') {
      toast.warning('The GPU device was lost', {
        description: `${event.reason} Training goes on from the latest checkpoint.`,
      });
    } else if (event.type === 'ceiling') {
      const run = this.library.runs.find(event.run_id);
      toast.warning(run ? `${run.name} takes much of this machine` : 'A trial takes much of this machine', {
        description: event.message,
        duration: 15_000,
      });
    } else if (event.type === 'ended') {
      const run = this.library.runs.find(event.run_id);
      // How trials end is told by their study.
      if (run) sayHowItEnded(run, event);
    }
  }
}

function sayHowItEnded(run: RunRow, event: Extract<TrainingEvent, { type: 'ended' }>): void {
  if (event.status === 'finished') {
    toast.success(`${run.name} is finished`, {
      action: { label: 'Open', onClick: () => (location.hash = `#/runs/${run.id}`) },
    });
  } else if (event.error) {
    toast.error(event.error.message, { duration: 15_000 });
  } else if ((event.status === 'diverged' || event.status === 'failed') && event.reason) {
    toast.error(event.reason, { duration: 15_000 });
  }
}

function sayHowStudyEnded(before: StudyRow, after: StudyRow): void {
  if (before.status !== 'running' || after.status === 'running') return;
  if (after.status === 'finished') {
    toast.success(`${after.name} is finished`, {
      description: after.best ? `The best: ${valuesInWords(after, after.best.values)}` : undefined,
      action: { label: 'Open', onClick: () => (location.hash = studyHref(after.id)) },
    });
  } else if (after.status === 'failed' && after.reason) {
    toast.error(after.reason, { duration: 15_000 });
  }
}

/** The session of the page that a component is part of. */
export const [useSession, provideSession] = createContext<Session>();
