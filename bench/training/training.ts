/** Whole training steps, forward, backward and Adam, of Lathe and its peers side by side. */
import { table } from '../../bin/table';
import { LatheError } from '../../src/base/errors';
import type { Benchmark, BenchOptions } from '../benchmark';
import type { Host } from './hosts/host';
import { lossDifference, measure, type Figures } from './measure';
import { torchHost } from './hosts/torch';
import { WORKLOADS, type Workload } from './workloads';

/** Engines that run on WebGPU. */
const ENGINE_NAMES = ['lathe', 'tfjs', 'jax-js'];

/** Timed steps of each engine, at most. */
const STEPS = 30;

/** Relative difference of losses up to which two engines are said to compute the same. */
const AGREEMENT = 1e-2;

const HEAD = [
  'workload',
  'engine',
  'ms/step',
  'quartiles',
  '× lathe',
  'samples/s',
  'dispatches',
  'JS ms',
  'peak MB',
  'loss',
];

/** The benchmark. */
export const training: Benchmark = {
  description: 'Training steps of Lathe, TensorFlow.js, jax-js and PyTorch',
  async run(options, say) {
    const workloads = chosenWorkloads(options);
    const engines = choose('--only', options.only, [...ENGINE_NAMES, ...(options.torch ? ['torch'] : [])]);
    const host = await startHost(options, say);
    const torch = engines.includes('torch') ? await torchHost(say) : null;
    try {
      const figures: Figures[] = [];
      for (const workload of workloads) {
        say(`${workload.name} …`);
        const present = engines.filter((engine) => engine !== 'torch' || torch);
        const measured = await measure(workload.name, present, options.steps ?? STEPS, (engine) =>
          engine === 'torch' && torch ? torch.start(engine) : host.start(engine),
        );
        figures.push(...measured);
      }
      process.stdout.write(`${await host.describe()}${torch ? `; ${await torch.describe()}` : ''}\n\n`);
      process.stdout.write(`${render(figures)}\n`);
      const problems = problemsOf(figures);
      for (const problem of problems) process.stdout.write(`\n${problem}`);
      if (problems.length > 0) process.stdout.write('\n');
      return { figures, complete: problems.length === 0 };
    } finally {
      await host.stop();
      await torch?.stop();
    }
  },
};

async function startHost({ node }: BenchOptions, say: (line: string) => void): Promise<Host> {
  if (node) return (await import('./hosts/node')).nodeHost();
  return (await import('./hosts/browser')).browserHost(say);
}

function chosenWorkloads({ workloads, large }: BenchOptions): Workload[] {
  const names = choose(
    '--workload',
    workloads,
    WORKLOADS.map(({ name }) => name),
  );
  return WORKLOADS.filter(({ name, ...workload }) => names.includes(name) && (workloads || large || !workload.large));
}

function choose(option: string, wished: string[] | null, all: string[]): string[] {
  const unknown = wished?.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new LatheError('usage', `${option}: there is no ${unknown}. There are ${all.join(', ')}.`);
  }
  return wished ?? all;
}

/** The table, a group of rows for each workload. */
function render(figures: Figures[]): string {
  const rows = figures.map((row) => {
    const { workload, engine, ms, js_ms, dispatches, peak_bytes, losses, error } = row;
    if (error !== undefined) return [workload, engine, 'failed', ...new Array<string>(HEAD.length - 3).fill('')];
    const own = figures.find((other) => other.workload === workload && other.engine === 'lathe');
    const batch = WORKLOADS.find(({ name }) => name === workload)?.batch ?? NaN;
    return [
      workload,
      engine,
      ms.median.toFixed(2),
      `${ms.q25.toFixed(2)}–${ms.q75.toFixed(2)}`,
      own && own !== row ? (ms.median / own.ms.median).toFixed(2) : '',
      ((1000 * batch) / ms.median).toFixed(0),
      dispatches > 0 ? String(dispatches) : '',
      js_ms > 0 ? js_ms.toFixed(2) : '',
      peak_bytes > 0 ? (peak_bytes / 1e6).toFixed(1) : '',
      losses.at(-1)?.toFixed(4) ?? '',
    ];
  });
  return table(HEAD, rows);
}

/** What failed, and what did not compute the same. */
function problemsOf(figures: Figures[]): string[] {
  return figures.flatMap(({ workload, engine, losses, error }) => {
    if (error !== undefined) return [`${workload}: ${engine} failed. ${error}`];
    const first = figures.find((other) => other.workload === workload && other.error === undefined);
    if (!first) return [];
    const difference = lossDifference(losses, first.losses);
    return difference <= AGREEMENT
      ? []
      : [
          `${workload}: the losses of ${engine} differ from ${first.engine}'s by ${difference.toPrecision(2)} of their size.`,
        ];
  });
}
