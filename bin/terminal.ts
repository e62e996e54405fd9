/**
 * What the command line says. The result goes to stdout, everything else to stderr: a progress bar on a terminal, a line
 * per epoch where there is none, one JSON object a line under `--json`.
 */
import type { LatheError } from '../src/base/errors';
import { formatDuration, progressBar, type ProgressState } from './progress-bar';
import type { ProgressEvent } from './events';
import type { Trial } from './results';

/** Writes results and progress. */
export class Terminal {
  readonly #json: boolean;
  readonly #live: boolean;
  #barShown = false;
  /** The newest one: not every event has one. */
  #loss: number | null = null;
  /** The trial that trains, where a study does. */
  #trial: number | null = null;
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

  /** The sentence of an error that ended the command. */
  error(error: LatheError): void {
    this.#line(error.message);
  }

  /** Progress of an import or a run. */
  progress(event: ProgressEvent): void {
    if (this.#json) return this.#line(JSON.stringify(event));
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
      case 'checkpoint':
      case 'ended':
        return;
    }
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
