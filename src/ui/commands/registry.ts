/**
 * Every command of the page as a small object: the palette lists them, the shortcut sheet explains them, and the
 * keyboard triggers them, all from here. To add one: one entry.
 */
import ArrowDownToLine from '@lucide/svelte/icons/arrow-down-to-line';
import Boxes from '@lucide/svelte/icons/boxes';
import ChartSpline from '@lucide/svelte/icons/chart-spline';
import CloudUpload from '@lucide/svelte/icons/cloud-upload';
import Command from '@lucide/svelte/icons/command';
import Database from '@lucide/svelte/icons/database';
import FolderInput from '@lucide/svelte/icons/folder-input';
import Handshake from '@lucide/svelte/icons/handshake';
import House from '@lucide/svelte/icons/house';
import Keyboard from '@lucide/svelte/icons/keyboard';
import LogOut from '@lucide/svelte/icons/log-out';
import Moon from '@lucide/svelte/icons/moon';
import OctagonX from '@lucide/svelte/icons/octagon-x';
import Pause from '@lucide/svelte/icons/pause';
import Play from '@lucide/svelte/icons/play';
import Radar from '@lucide/svelte/icons/radar';
import Settings from '@lucide/svelte/icons/settings-2';
import Square from '@lucide/svelte/icons/square';
import Upload from '@lucide/svelte/icons/upload';
import UserPlus from '@lucide/svelte/icons/user-plus';
import Users from '@lucide/svelte/icons/users-round';
import type { Component } from 'svelte';
import { push, router } from 'svelte-spa-router';
import { download, pickFiles, pickFolder } from '../files';
import type { Subject } from '../../store/delivery';
import type { Session } from '../state/session.svelte';
import { theme } from '../state/theme.svelte';
import { attempt } from '../state/toasts';

/** An icon of the lucide set. */
export type Icon = Component<{ size?: number | string; strokeWidth?: number | string }>;

/** One command. */
export interface PageCommand {
  id: string;
  label: string;
  group: 'Go to' | 'Training' | 'Data' | 'View';
  icon: Icon;
  /** Other words that people may type for it. */
  keywords: string[];
  /** In tinykeys' notation: `$mod+k`, `g d`. */
  shortcut?: string;
  /** Whether it can be done now. */
  available?: (session: Session) => boolean;
  perform: (session: Session) => Promise<unknown> | void;
}

const go = (label: string, path: string, icon: Icon, shortcut: string, keywords: string[] = []): PageCommand => ({
  id: `go${path.replaceAll('/', '.')}`,
  label,
  group: 'Go to',
  icon,
  keywords,
  shortcut,
  perform: () => push(path),
});

const training = (session: Session): string | null => session.training?.run_id ?? null;

const searching = (session: Session): string | null => session.searching?.id ?? null;

const pausedStudy = (session: Session): string | null =>
  session.library.studies.rows.find(({ status }) => status === 'paused')?.id ?? null;

const grouped = (session: Session): string | null => session.groups.current;

const pausedRun = (session: Session): string | null =>
  session.library.runs.rows.find(({ status }) => status === 'paused')?.id ?? null;

/** The run or study whose page is open. */
function shown(): Subject | null {
  const [, place, id] = router.location.split('/');
  if (!id || id === 'compare') return null;
  if (place === 'runs') return { noun: 'run', id: decodeURIComponent(id) };
  return place === 'sweeps' ? { noun: 'study', id: decodeURIComponent(id) } : null;
}

async function importPicked(session: Session, folder: boolean): Promise<void> {
  const files = folder ? await pickFolder() : await pickFiles();
  if (files && files.length > 0) await session.imports.start(files);
}

/** All commands, in the order of the palette. */
export const COMMANDS: PageCommand[] = [
  go('Home', '/', House, 'g h', ['start', 'quick']),
  go('Data', '/data', Database, 'g d', ['datasets', 'files']),
  go('Train', '/train', Play, 'g t', ['new run', 'config', 'form']),
  go('Runs', '/runs', ChartSpline, 'g r', ['experiments', 'table', 'compare']),
  go('Sweeps', '/sweeps', Radar, 'g w', ['studies', 'search', 'tuning', 'hyperparameters', 'optuna']),
  go('Models', '/models', Boxes, 'g m', ['predict', 'bundles']),
  go('Peers', '/peers', Users, 'g p', ['together', 'group', 'distributed', 'pair', 'webrtc']),
  go('Settings', '/settings', Settings, 'g s', ['theme', 'storage', 'device', 'about']),
  {
    id: 'run.open',
    label: 'Open the run that is training',
    group: 'Training',
    icon: ChartSpline,
    keywords: ['live', 'watch'],
    shortcut: 'g l',
    available: (session) => training(session) !== null,
    perform: (session) => push(`/runs/${training(session)}`),
  },
  {
    id: 'run.pause',
    label: 'Pause the run that is training',
    group: 'Training',
    icon: Pause,
    keywords: ['halt', 'checkpoint'],
    available: (session) => training(session) !== null,
    perform: (session) => attempt(() => session.workbench.runs.pause(training(session) ?? '')),
  },
  {
    id: 'run.stop',
    label: 'Stop the run that is training, keep its best',
    group: 'Training',
    icon: Square,
    keywords: ['end', 'finish'],
    available: (session) => training(session) !== null,
    perform: (session) => attempt(() => session.workbench.runs.stop(training(session) ?? '')),
  },
  {
    id: 'run.resume',
    label: 'Resume the paused run',
    group: 'Training',
    icon: Play,
    keywords: ['continue', 'go on'],
    available: (session) => training(session) === null && pausedRun(session) !== null,
    perform: (session) => attempt(() => session.workbench.runs.resume(pausedRun(session) ?? '')),
  },
  {
    id: 'group.new',
    label: 'Train together…',
    group: 'Training',
    icon: Handshake,
    keywords: ['peers', 'distributed', 'host', 'group', 'new'],
    perform: () => push('/train?together=1'),
  },
  {
    id: 'group.join',
    label: 'Join a run from a link…',
    group: 'Training',
    icon: Users,
    keywords: ['peers', 'paste', 'room', 'pair'],
    perform: () => push('/peers?join=1'),
  },
  {
    id: 'group.open',
    label: 'See who trains together',
    group: 'Training',
    icon: Users,
    keywords: ['peers', 'group', 'traffic'],
    available: (session) => grouped(session) !== null,
    perform: (session) => push(`/runs/${grouped(session)}?tab=peers`),
  },
  {
    id: 'group.invite',
    label: 'Invite others to the run that trains together',
    group: 'Training',
    icon: UserPlus,
    keywords: ['peers', 'link', 'qr', 'share'],
    shortcut: 'g i',
    available: (session) => grouped(session) !== null,
    perform: (session) => {
      session.groups.inviting = grouped(session);
    },
  },
  {
    id: 'group.leave',
    label: 'Leave the group: the others go on',
    group: 'Training',
    icon: LogOut,
    keywords: ['peers', 'pause', 'quit'],
    available: (session) => grouped(session) !== null,
    perform: (session) => attempt(() => session.workbench.peers.leave(grouped(session) ?? '')),
  },
  {
    id: 'group.stop',
    label: 'Stop the run for everyone…',
    group: 'Training',
    icon: OctagonX,
    keywords: ['peers', 'group', 'end', 'finish'],
    available: (session) => grouped(session) !== null,
    perform: (session) => {
      session.groups.stopping = grouped(session);
    },
  },
  {
    id: 'tracking.send',
    label: 'Send this run or study to…',
    group: 'Training',
    icon: CloudUpload,
    keywords: ['mlflow', 'wandb', 'weights', 'biases', 'tracking', 'upload', 'sync', 'server'],
    available: () => shown() !== null,
    perform: (session) => {
      session.tracking.sending = shown();
    },
  },
  {
    id: 'tracking.sync',
    label: 'See what waits to be sent',
    group: 'Training',
    icon: CloudUpload,
    keywords: ['tracking', 'sync', 'outbox', 'blocked', 'mlflow', 'wandb'],
    available: (session) => session.tracking.open.length > 0,
    perform: () => push('/sync'),
  },
  {
    id: 'tracking.settings',
    label: 'Tracking settings',
    group: 'View',
    icon: Settings,
    keywords: ['mlflow', 'wandb', 'prometheus', 'destination', 'server', 'key', 'author'],
    perform: () => push('/settings?part=tracking'),
  },
  {
    id: 'study.open',
    label: 'Open the study that is running',
    group: 'Training',
    icon: Radar,
    keywords: ['sweep', 'search', 'watch'],
    available: (session) => searching(session) !== null,
    perform: (session) => push(`/sweeps/${searching(session)}`),
  },
  {
    id: 'study.pause',
    label: 'Pause the study that is running',
    group: 'Training',
    icon: Pause,
    keywords: ['sweep', 'search', 'halt'],
    available: (session) => searching(session) !== null,
    perform: (session) => attempt(() => session.workbench.studies.pause(searching(session) ?? '')),
  },
  {
    id: 'study.stop',
    label: 'Stop the study that is running, keep its trials',
    group: 'Training',
    icon: Square,
    keywords: ['sweep', 'search', 'end'],
    available: (session) => searching(session) !== null,
    perform: (session) => attempt(() => session.workbench.studies.stop(searching(session) ?? '')),
  },
  {
    id: 'study.resume',
    label: 'Resume the paused study',
    group: 'Training',
    icon: Play,
    keywords: ['sweep', 'search', 'continue', 'go on'],
    available: (session) => searching(session) === null && pausedStudy(session) !== null,
    perform: (session) => attempt(() => session.workbench.studies.resume(pausedStudy(session) ?? '')),
  },
  {
    id: 'data.files',
    label: 'Open files…',
    group: 'Data',
    icon: Upload,
    keywords: ['import', 'upload', 'csv', 'zip', 'bundle'],
    shortcut: '$mod+o',
    perform: (session) => attempt(() => importPicked(session, false)),
  },
  {
    id: 'data.folder',
    label: 'Open a folder…',
    group: 'Data',
    icon: FolderInput,
    keywords: ['import', 'images', 'directory'],
    shortcut: '$mod+Shift+o',
    perform: (session) => attempt(() => importPicked(session, true)),
  },
  {
    id: 'run.export',
    label: 'Export the newest trained model as a bundle',
    group: 'Data',
    icon: ArrowDownToLine,
    keywords: ['download', 'zip', 'save'],
    available: (session) => session.library.trained.length > 0,
    perform: (session) =>
      attempt(async () => {
        const { name, blob } = await session.workbench.bundle.export(
          { run_id: session.library.trained[0].id },
          'bundle',
        );
        download(name, blob);
      }),
  },
  {
    id: 'view.theme',
    label: 'Switch between light and dark',
    group: 'View',
    icon: Moon,
    keywords: ['theme', 'night', 'appearance'],
    shortcut: '$mod+Shift+l',
    perform: () => {
      theme.choice = theme.shown === 'dark' ? 'light' : 'dark';
    },
  },
  {
    id: 'view.palette',
    label: 'Search everything',
    group: 'View',
    icon: Command,
    keywords: [],
    shortcut: '$mod+k',
    perform: (session) => {
      session.paletteOpen = !session.paletteOpen;
    },
  },
  {
    id: 'view.shortcuts',
    label: 'Keyboard shortcuts',
    group: 'View',
    icon: Keyboard,
    keywords: ['keys', 'help'],
    shortcut: '$mod+/',
    perform: (session) => {
      session.shortcutsOpen = !session.shortcutsOpen;
    },
  },
];
