/**
 * What the command line says. The result goes to stdout, everything else to stderr: a progress bar on a terminal, a line
 * per epoch where there is none, one JSON object a line under `--json`.
 */
import type { LatheError } from '../src/base/errors';
import { formatDuration, progressBar, type ProgressState } from './progress-bar';
import type { ProgressEvent } from './events';
import type { CrewMemberSummary, GroupSummary, HelperSummary, RoomSummary, Trial } from './results';

/** Most milliseconds between two lines about a group in which nothing happens, under `--json`. */
const GROUP_PAUSE_MS = 5_000;

/** Writes results and progress. */
export class Terminal {
  readonly #json: boolean;
  readonly #live: boolean;
  #barShown = false;
  /** The newest one: not every event has one. */
  #loss: number | null = null;
  /** The trial that trains, where a study does. */
  #trial: number | null = null;
  /** What was last said of the group and the room. */
  #group = '';
  #room = '';
  #groupToldAt = -Infinity;
  /** Ids of the others that take part. */
  readonly #members = new Set<string>();
  /** How those were that train trials, and what was last said of training trials for others. */
  readonly #crew = new Map<string, CrewMemberSummary['state']>();
  #helper = '';
  #copy: RoomSummary['copy'] = null;
  /** Why training waits for examples. */
  #waiting: string | null = null;
  #state: ProgressState = { title: '', done: 0, total: null, detail: '' };

  constructor({ json }: { json: boolean }) {
    this.#json = json;
    this.#live = !json && process.stderr.isTTY;
  }

  /** The command's result: text for people, or under `--json` the object in one line. Resolves once it is written. */
  async result(text: string, object?: unknown): Promise<void> {
    this.#clearBar();
    const line = this.#json && object !== undefined ? JSON.stringify(object) : text;
    await new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
  }

  /** Something worth knowing that is no error. */
  note(message: string): void {
    if (this.#json) this.#line(JSON.stringify({ event: 'notice', message }));
    else this.#line(message);
  }

  /** How others join a run. */
  room(room: RoomSummary): void {
    if (this.#json) return this.progress({ event: 'room', ...room });
    this.#line('Others join with this link; whoever has it can take part:');
    this.#line(`  ${room.link}`);
  }

  /** The sentence of an error that ended the command. */
  error(error: LatheError): void {
    this.#line(error.message);
  }

  /** Progress of an import or a run. */
  progress(event: ProgressEvent): void {
    if (this.#json) {
      if (event.event !== 'group' || this.#isNews(event)) this.#line(JSON.stringify(event));
      return;
    }
    switch (event.event) {
      case 'import':
        return this.#show({ title: event.stage, done: event.done, total: event.total, detail: '' });
      case 'started':
        if (this.#trial !== null) return;
        if (event.resumed_from !== null) this.#line(`Going on from step ${event.resumed_from}.`);
        this.#line(`Training run ${event.run_id} on ${event.adapter} (${event.backend}). ${event.reason}`);
        return;
      case 'progress':
        this.#loss = event.loss ?? this.#loss;
        return this.#show({
          title: `${this.#trial === null ? '' : `trial ${this.#trial}  `}epoch ${event.epoch}`,
          done: event.step,
          total: event.total_steps,
          detail: [
            this.#loss === null ? '' : `loss ${this.#loss.toPrecision(4)}`,
            event.samples_per_second === null ? '' : `${Math.round(event.samples_per_second)}/s`,
            event.eta_seconds === null ? '' : `${formatDuration(event.eta_seconds)} left`,
          ]
            .filter(Boolean)
            .join('  '),
        });
      case 'evaluated': {
        if (this.#trial !== null) return;
        const metrics = Object.entries(event.metrics).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
        return this.#line(`epoch ${event.epoch}  ${event.split}  ${metrics.join('  ')}`);
      }
      case 'log':
        // Of a trial only its end is told.
        if (event.level !== 'info' && this.#trial === null) this.#line(event.message);
        return;
      case 'device_lost':
        return this.#line(`The GPU was lost (${event.reason}); going on from the latest checkpoint.`);
      case 'trial':
        this.#trial = event.number;
        if (event.state === 'running' || event.state === 'waiting') return;
        return this.#line(trialLine(event));
      case 'group': {
        // How it ended is told with the run's end.
        if (event.phase === 'over') return;
        const said = groupLine(event);
        const news = [...this.#departures(event), ...(said === this.#group ? [] : [said])];
        if (news.length > 0) this.#line(news.join(' '));
        this.#group = said;
        return;
      }
      case 'room':
        return this.#tellRoom(event);
      case 'crew':
        return this.#tellCrew(event.members);
      case 'helper':
        return this.#tellHelper(event);
      case 'checkpoint':
      case 'ended':
        return;
    }
  }

  /** A sentence for each who took part and does not any more. */
  #departures({ peers }: GroupSummary): string[] {
    const gone = peers.filter(({ id, state }) => (state === 'left' || state === 'lost') && this.#members.delete(id));
    for (const { id, state, self } of peers) if (state === 'member' && !self) this.#members.add(id);
    return gone.map((peer) => `${nameOf(peer)} ${peer.state === 'left' ? 'left' : 'is not heard of any more'}.`);
  }

  /** Whether a group is to be told of again: something happened, or a while has passed. */
  #isNews({ phase, reason, epoch, peers, compression, dropped }: GroupSummary): boolean {
    const who = peers.map(({ id, member, state, late }) => [id, member, state, late]);
    const said = JSON.stringify([phase, reason, epoch, who, compression, dropped]);
    const now = performance.now();
    if (said === this.#group && now - this.#groupToldAt < GROUP_PAUSE_MS) return false;
    this.#group = said;
    this.#groupToldAt = now;
    return true;
  }

  #tellRoom({ copy, signalling, examples }: RoomSummary): void {
    const waiting = examples?.waiting ?? null;
    if (waiting !== this.#waiting) this.#line(waiting ?? 'The examples come again.');
    this.#waiting = waiting;
    if (copy) this.#show({ title: `Copying ${copy.name}`, done: copy.done, total: copy.total, detail: '' });
    else if (this.#copy) this.#endCopy(this.#copy);
    this.#copy = copy;
    const reason = signalling.state === 'closed' ? (signalling.reason ?? '') : '';
    if (reason === this.#room) return;
    if (reason) this.#line(reason);
    else if (signalling.state === 'open') this.#line('The signalling server is there again.');
    this.#room = reason;
  }

  #tellCrew(members: CrewMemberSummary[]): void {
    for (const { id, name, adapter, state, done, reason } of members) {
      if (this.#crew.get(id) === state) continue;
      this.#crew.set(id, state);
      const who = name || id.slice(0, 6);
      if (state === 'working') this.#line(`${who}${adapter ? ` (${adapter})` : ''} trains trials.`);
      else
        this.#line(
          `${who} ${state === 'left' ? 'left' : 'is not heard of any more'}; ${done} done. ${reason ?? ''}`.trim(),
        );
    }
  }

  #tellHelper({ state, reason, trials }: HelperSummary): void {
    this.#trial = trials.at(-1)?.number ?? this.#trial ?? 0;
    const said = state === 'ended' ? '' : (reason ?? (state === 'waiting' ? 'Waiting for the host of the study…' : ''));
    if (said && said !== this.#helper) this.#line(said);
    this.#helper = said;
  }

  #endCopy({ name, done, total }: NonNullable<RoomSummary['copy']>): void {
    this.#state = { ...this.#state, title: '' };
    if (done === total) this.#line(`Copied ${name}.`);
    else this.#clearBar();
  }

  #show(state: ProgressState): void {
    if (!this.#live) return;
    this.#state = state;
    this.#drawBar();
  }

  #line(text: string): void {
    this.#clearBar();
    process.stderr.write(`${text}\n`);
    if (this.#live && this.#state.title) this.#drawBar();
  }

  #drawBar(): void {
    process.stderr.write(`\r\u001b[2K${progressBar(this.#state, process.stderr.columns || 80)}`);
    this.#barShown = true;
  }

  #clearBar(): void {
    if (this.#barShown) process.stderr.write('\r\u001b[2K');
    this.#barShown = false;
  }
}

/** A value of an objective: four digits, or a whole number as it is. */
export const formatScore = (value: number | null | undefined): string =>
  Number.isInteger(value) ? String(value) : (value?.toPrecision(4) ?? '–');

/** `Training with 3 others: Anna (NVIDIA H100), …`, or what the group waits for. */
function groupLine({ phase, reason, peers }: GroupSummary): string {
  const members = peers.filter(({ state, self }) => state === 'member' && !self);
  const names = members.map((peer) => nameOf(peer) + (peer.adapter ? ` (${peer.adapter})` : ''));
  if (phase === 'training') {
    if (names.length === 0) return 'Training alone in the group; others can join.';
    return `Training with ${names.length} ${names.length === 1 ? 'other' : 'others'}: ${names.join(', ')}.`;
  }
  if (reason !== null) return reason;
  return phase === 'joining'
    ? 'Joining the group…'
    : phase === 'waiting'
      ? 'Starting the group…'
      : 'Cut off from the group.';
}

/** What people call a peer: those without a name by the beginning of its id. */
const nameOf = ({ name, id }: GroupSummary['peers'][number]): string => name || id.slice(0, 6);

/** `trial 7  pruned  0.4123 after 3 epochs  training.optimizer.learning_rate 0.01  model.dropout 0.2`. */
function trialLine({ number, state, values, intermediate, params, reason }: Trial): string {
  const scores = (values ?? []).map(formatScore).join(', ');
  const reports = intermediate.steps.length;
  return [
    `trial ${number}`,
    state,
    scores && `${scores}${state === 'pruned' ? ` after ${reports} report${reports === 1 ? '' : 's'}` : ''}`,
    ...Object.entries(params).map(([key, value]) => `${key} ${shown(value)}`),
    state === 'failed' ? reason : '',
  ]
    .filter(Boolean)
    .join('  ');
}

const shown = (value: unknown): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : JSON.stringify(value);
