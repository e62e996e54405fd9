/**
 * What is sent of a study beside its trials, which are runs of their own: the values of trials as they end, and the best so
 * far. Steps count the trials that have ended, since several train at once and do not end in the order of their numbers.
 */
import type { Database } from '../../store/database';
import type { DeliveryCursor } from '../../store/delivery';
import type { MetricSeries } from '../../store/metrics';
import { getStudy, readTrials } from '../../store/studies';
import type { BatchSource, CutBatch, CutOptions } from './source';

/** Batches of one study. */
export class StudySource implements BatchSource {
  readonly #database: Database;
  readonly #studyId: string;

  constructor(database: Database, studyId: string) {
    this.#database = database;
    this.#studyId = studyId;
  }

  refresh(): void {
    // Every look reads the whole study.
  }

  async next(cursor: DeliveryCursor, { limit, until }: CutOptions): Promise<CutBatch | null> {
    const all = await this.#series();
    const from = sentSteps(cursor);
    const most = Math.max(1, Math.floor(limit / Math.max(1, all.length)));
    const to = until ? sentSteps(until) : Math.min(all[0]?.steps.length ?? 0, from + most);
    if (to <= from) return null;
    const points = all.map(({ metric, steps, values, times }) => ({
      metric,
      steps: steps.slice(from, to),
      values: values.slice(from, to),
      times: times.slice(from, to),
    }));
    const metrics = Object.fromEntries(points.map(({ metric }) => [metric, { step: to - 1, at_step: 1, chunk: 0 }]));
    return {
      batch: { number: cursor.batches, points, media: [], lines: [] },
      to: { ...cursor, metrics, batches: cursor.batches + 1 },
    };
  }

  async pending(cursor: DeliveryCursor): Promise<number> {
    const all = await this.#series();
    return all.length * ((all[0]?.steps.length ?? 0) - sentSteps(cursor));
  }

  /** One value of each metric for every trial that ended with values. */
  async #series(): Promise<MetricSeries[]> {
    const { objectives } = await getStudy(this.#database, this.#studyId);
    const ended = (await readTrials(this.#database, this.#studyId))
      .filter(({ state }) => state === 'complete')
      .map(({ number, values, ended }) => ({ number, values: values ?? [], ended: ended ?? 0 }))
      .sort((a, b) => a.ended - b.ended || a.number - b.number);
    const times = Float64Array.from(ended, (trial) => trial.ended);
    const steps = Float64Array.from(ended, (_, i) => i);
    const series = (metric: string, values: Float64Array): MetricSeries => ({ metric, steps, values, times });
    return [
      series(
        'trial',
        Float64Array.from(ended, ({ number }) => number),
      ),
      ...objectives.flatMap(({ metric, direction }, i) => {
        const values = Float64Array.from(ended, (trial) => trial.values[i] ?? NaN);
        return [series(metric, values), series(`best/${metric}`, bestSoFar(values, direction === 'maximize' ? 1 : -1))];
      }),
    ];
  }
}

const sentSteps = ({ metrics }: DeliveryCursor): number => ('trial' in metrics ? metrics.trial.step + 1 : 0);

function bestSoFar(values: Float64Array, sign: number): Float64Array {
  let best = NaN;
  return values.map((value) => (best = Number.isNaN(best) || sign * value > sign * best ? value : best));
}
