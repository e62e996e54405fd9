/** What is told of a run, as metrics of Prometheus: only ever the newest values. Names are part of the dashboard in docs/. */
import type { MetricFamily, MetricType, Sample } from '../../../base/exposition';
import type { MetricSeries } from '../../../store/metrics';
import type { TrackedRun } from '../../tracker';

/** The newest point of every curve. */
export type Newest = ReadonlyMap<string, { step: number; value: number }>;

/** Curves that have a name of their own beside their place in `lathe_metric`. */
const NAMED: readonly { name: string; curves: string[]; help: string }[] = [
  { name: 'lathe_epoch', curves: ['epoch'], help: 'Epochs trained so far.' },
  { name: 'lathe_samples_per_second', curves: ['samples_per_second'], help: 'Examples trained on in a second.' },
  {
    name: 'lathe_gpu_memory_bytes',
    curves: ['gpu_bytes', 'system/gpu_memory_bytes'],
    help: 'Bytes of device memory held by tensors.',
  },
];

/** Metrics of the machine. */
const SYSTEM = 'system/';

/** Queue lengths among them: `queue_length`, `queue_length/upload`, `upload_queue_length`. */
const QUEUE = /^(?:(.+?)[_/])?queue(?:_length)?(?:[_/](.+))?$/;

/** Best values of a run's summary. */
const BEST = 'best/';

/** Takes in points; a point of an older step than the known one changes nothing. */
export function withPoints(newest: Newest, points: readonly MetricSeries[]): Newest {
  const next = new Map(newest);
  for (const { metric, steps, values } of points) {
    const last = steps.length - 1;
    const step = steps[last];
    if (last >= 0 && step >= (next.get(metric)?.step ?? -1)) next.set(metric, { step, value: values[last] });
  }
  return next;
}

/** Last value of every curve, and its step; of those that only the run's row tells (`test/accuracy`) no step is known. */
function lastValues(run: TrackedRun, newest: Newest): { name: string; value: number; step: number | null }[] {
  const told = Object.entries(run.summary).filter(([name]) => !name.startsWith(BEST) && !newest.has(name));
  return [
    ...[...newest].map(([name, { step, value }]) => ({ name, value, step })),
    ...told.map(([name, value]) => ({ name, value, step: null })),
  ];
}

/** The metrics of a run. `job` and `run` are labels of every sample: the gateway puts them there, too. */
export function familiesOf(run: TrackedRun, newest: Newest, job: string): MetricFamily[] {
  const labels = {
    job,
    run: run.id,
    name: run.name,
    dataset: run.facts.dataset ?? '',
    adapter: run.facts.adapter ?? '',
  };
  const one = (value: number, more: Record<string, string> = {}): Sample => ({ labels: { ...labels, ...more }, value });
  const family = (name: string, help: string, samples: Sample[], type: MetricType = 'gauge'): MetricFamily => ({
    name,
    help,
    type,
    samples,
  });
  const last = lastValues(run, newest);
  const curves = last.filter(({ name }) => !name.startsWith(SYSTEM));
  const machine = last
    .filter(({ name }) => name.startsWith(SYSTEM))
    .map(({ name, value }) => ({ name: name.slice(SYSTEM.length), value }));
  const steps = [...newest.values()].map(({ step }) => step);
  return [
    family('lathe_run_info', 'A run, and what is known of it in words.', [
      one(1, { kind: run.noun, architecture: run.facts.architecture ?? '', author: run.author ?? '' }),
    ]),
    family('lathe_run_status', 'Status of the run: the one that has the value 1.', [one(1, { status: run.status })]),
    family('lathe_run_started_seconds', 'When the run was started, in seconds since 1970.', [one(run.started / 1000)]),
    ...(steps.length > 0
      ? [family('lathe_step', 'Steps trained so far.', [one(steps.reduce((most, step) => Math.max(most, step)))])]
      : []),
    ...NAMED.map(({ name, curves: sources, help }) => {
      const found = last.find((curve) => sources.includes(curve.name));
      return family(name, help, found ? [one(found.value)] : []);
    }),
    family(
      'lathe_metric',
      'Newest value of each curve of the run.',
      curves.map(({ name, value }) => one(value, { metric: name })),
    ),
    family(
      'lathe_metric_step',
      'Step of that value.',
      curves.flatMap(({ name, step }) => (step === null ? [] : [one(step, { metric: name })])),
    ),
    family(
      'lathe_metric_best',
      'Best value of each curve so far.',
      Object.entries(run.summary)
        .filter(([name]) => name.startsWith(BEST))
        .map(([name, value]) => one(value, { metric: name.slice(BEST.length) })),
    ),
    family(
      'lathe_system',
      'Metrics of the machine that trains, with their units in their names.',
      machine.map(({ name, value }) => one(value, { metric: name })),
    ),
    family('lathe_queue_length', 'What waits in each queue: to be sent, to be stored.', queues(machine, one)),
  ];
}

/** Queue lengths by the name of the queue; `all` where it has none. */
function queues(
  machine: readonly { name: string; value: number }[],
  one: (value: number, labels: Record<string, string>) => Sample,
): Sample[] {
  const found = new Map<string, number>();
  for (const { name, value } of machine) {
    const match = QUEUE.exec(name);
    if (match) found.set([match[1], match[2]].filter(Boolean).join('_') || 'all', value);
  }
  return [...found].map(([queue, value]) => one(value, { queue }));
}
