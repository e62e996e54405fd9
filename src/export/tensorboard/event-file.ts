/**
 * A TensorBoard event file, made piece by piece: what is put in comes out as bytes to append, so that a file in a bundle and
 * one that grows in a folder are written by the same code. The same calls give the same bytes.
 */
import type { MediaRow } from '../../store/media';
import type { MetricSeries } from '../../store/metrics';
import type { LogRow } from '../../store/schema';
import { escapeMarkdown, markdownTable } from '../bundle/markdown';
import type { DescribedRun } from '../described-run';
import { SESSION_END, SESSION_START, sessionEnd, sessionStart } from './hparams';
import {
  audioValue,
  histogramValue,
  hparamsValue,
  imageValue,
  scalarValue,
  summary,
  summaryEvent,
  textValue,
  versionEvent,
} from './messages';
import { RecordBuffer } from './record-buffer';
import { describeConfig, describeLines, describeRun } from './run';

/** `wall_time`, its tag, the tag of `step`, and a step of up to 32 bits. */
const BYTES_BEFORE_SUMMARY = 1 + 8 + 1 + 5;

/** Name of an event file: TensorBoard looks for `tfevents`. Seconds and run make it that of one run. */
export const eventFileName = ({ id, started }: Pick<DescribedRun, 'id' | 'started'>): string =>
  `events.out.tfevents.${Math.floor(started / 1000)}.${id}`;

/** Makes the records of an event file. */
export class EventFile {
  readonly #records = new RecordBuffer();

  /** Begins a file: what every one begins with. @param time milliseconds since the epoch */
  begin(time: number): void {
    this.#records.append(versionEvent(time));
  }

  /** The run's parameters and config: once a run, at its beginning. */
  start(run: DescribedRun): void {
    this.#value(run.started, 0, hparamsValue(SESSION_START, sessionStart(run)));
    if (run.config) this.text('config', 0, run.started, describeConfig(run.config));
  }

  /** Points of a metric, as float32. */
  scalars({ metric, steps, values, times }: MetricSeries): void {
    // All points of a metric differ in time, step and value alone, and the value comes last.
    const template = summary(scalarValue(metric, 0));
    const most = BYTES_BEFORE_SUMMARY + template.length;
    for (let i = 0; i < steps.length; i++) {
      this.#records.build(most, (bytes, start, view) => {
        let at = start;
        bytes[at++] = (1 << 3) | 1;
        view.setFloat64(at, times[i] / 1000, true);
        at += 8;
        bytes[at++] = 2 << 3;
        let step = steps[i];
        for (; step > 0x7f; step = Math.floor(step / 128)) bytes[at++] = (step & 0x7f) | 0x80;
        bytes[at++] = step;
        bytes.set(template, at);
        at += template.length;
        view.setFloat32(at - 4, values[i], true);
        return at;
      });
    }
  }

  /** A picture, sound, text, table or histogram. Vectors are no part of an event file: see `projector.ts`. */
  async media({ name, step, time, content }: MediaRow): Promise<void> {
    switch (content.kind) {
      case 'image': {
        const png = new Uint8Array(await content.blob.arrayBuffer());
        this.#value(time, step, imageValue(name, png, content.width, content.height));
        this.#caption(name, step, time, content.caption);
        return;
      }
      case 'audio': {
        const wave = new Uint8Array(await content.blob.arrayBuffer());
        const { sample_rate, seconds } = content;
        const value = audioValue(name, wave, sample_rate, channelsOf(wave), Math.round(seconds * sample_rate));
        this.#value(time, step, value);
        this.#caption(name, step, time, content.caption);
        return;
      }
      case 'text':
        this.text(name, step, time, content.text);
        return;
      case 'table': {
        const cells = content.rows.map((row) => row.map((cell) => escapeMarkdown(cell === null ? '' : String(cell))));
        this.text(name, step, time, markdownTable(content.columns.map(escapeMarkdown), cells));
        return;
      }
      case 'histogram': {
        const { edges, counts, min, max } = content;
        const bins = new Float64Array(3 * counts.length);
        // Infinite edges cannot be drawn: the outermost bins end where the values do.
        counts.forEach((count, i) => {
          const left = edges[i] === -Infinity ? min : edges[i];
          const right = edges[i + 1] === Infinity ? max : edges[i + 1];
          bins.set([left, right, count], 3 * i);
        });
        this.#value(time, step, histogramValue(name, bins));
        return;
      }
      case 'embedding':
    }
  }

  /** Markdown. @param time milliseconds since the epoch */
  text(tag: string, step: number, time: number, markdown: string): void {
    this.#value(time, step, textValue(tag, markdown));
  }

  /** Lines of the log, as one text. `step` only numbers it. */
  lines(step: number, lines: readonly LogRow[]): void {
    const last = lines.at(-1);
    if (last) this.text('log', step, last.at, describeLines(lines));
  }

  /** The run in words and numbers. `step` only numbers it. */
  about(step: number, time: number, run: DescribedRun): void {
    this.text('run', step, time, describeRun(run));
  }

  /** That the run has ended: once a run. */
  end({ status }: Pick<DescribedRun, 'status'>, ended: number): void {
    this.#value(ended, 0, hparamsValue(SESSION_END, sessionEnd(status, ended)));
  }

  /** What was added since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#records.take();
  }

  /** TensorBoard knows one description a tag, of all steps: what is said of a single step is a text beside it. */
  #caption(name: string, step: number, time: number, caption: string): void {
    if (caption) this.text(`${name}/caption`, step, time, escapeMarkdown(caption));
  }

  #value(time: number, step: number, value: Uint8Array): void {
    this.#records.append(summaryEvent(time, step, value));
  }
}

/** Channels of a WAVE file, as its header says (`fmt ` is its first chunk in all files of ours); 1 where it says nothing. */
const channelsOf = (wave: Uint8Array): number => (wave.length >= 24 ? Math.max(1, wave[22] | (wave[23] << 8)) : 1);
