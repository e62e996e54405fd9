/** What tracking costs: throughput of training beside it, what the outbox takes in, and the page's longest task. */
import type { Browser } from 'playwright-core';
import { table } from '../../bin/table';
import { LatheError } from '../../src/base/errors';
import type { Destination } from '../../src/store/delivery';
import type { Benchmark } from '../benchmark';
import { startBrowser, type BenchBrowser } from '../browser';
import { meanRatio, quartiles } from '../statistics';
import type { IntakeReport } from './intake';
import type {} from './page';
import { busiestTask } from './busiest-task';
import { startSink, type Sink } from './sink';
import { openWorkbenchPage, type WorkbenchPage } from './workbench-page';

/** One thing that was measured. */
export interface TrackingFigure {
  name: string;
  value: number;
  unit: string;
  /** What the value must at least be, or stay under; null: it is there for comparison. */
  bar: string | null;
  ok: boolean;
  /** With trackers and without, in the order in which they were measured. */
  pairs?: [tracked: number, plain: number][];
}

const PARTS = ['throughput', 'away', 'intake', 'page'];

/** Steps of each run: some ten seconds on two cores. */
const STEPS = 1200;
/** On two cores the rates of equal runs differ by a tenth: 30 pairs tell their mean ratio to about 2.5 %. */
const PAIRS = 30;

/** Runs whose page is open, with trackers and without. */
const WATCHED = 5;

const INTAKE = { metrics: 20, steps: 50_000, limit: null };
const INTAKES = 5;

/** Bars: share of the throughput, milliseconds of the intake, milliseconds of a task. */
const LEAST_SHARE = 0.98;
const MOST_INTAKE_MS = 2000;
const MOST_TASK_MS = 50;

/** The benchmark. */
export const tracking: Benchmark = {
  description: 'What sending runs elsewhere costs: throughput, what the outbox takes in, the page’s longest task',
  async run({ only, steps }, say) {
    const unknown = only?.find((part) => !PARTS.includes(part));
    if (unknown !== undefined) {
      throw new LatheError('usage', `--only: there is no ${unknown}. There are ${PARTS.join(', ')}.`);
    }
    const wanted = only ?? PARTS;
    const bench = await startBrowser(import.meta.dirname, say);
    const figures: TrackingFigure[] = [];
    try {
      process.stdout.write(`Chromium ${bench.browser.version()}\n`);
      if (wanted.includes('intake')) figures.push(...(await intake(bench, say)));
      if (['throughput', 'away', 'page'].some((part) => wanted.includes(part))) {
        figures.push(...(await runs(bench, wanted, steps ?? STEPS, say)));
      }
    } finally {
      await bench.stop();
    }
    process.stdout.write(`\n${render(figures)}\n`);
    return { figures, complete: figures.every(({ ok }) => ok) };
  },
};

/** A million points into the database and out of it in batches, in a worker. */
async function intake({ browser, url }: BenchBrowser, say: (line: string) => void): Promise<TrackingFigure[]> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'trackingBench' in window);
  const reports: IntakeReport[] = [];
  for (let i = 0; i < INTAKES; i++) {
    const report = await page.evaluate((task) => window.trackingBench.intake(task), INTAKE);
    say(
      `${report.points} points stored in ${report.store.toFixed(0)} ms, cut into ${report.batches} batches of up to ${report.limit} in ${report.cut.toFixed(0)} ms`,
    );
    reports.push(report);
  }
  await page.close();
  const median = (of: (report: IntakeReport) => number): number => quartiles(reports.map(of)).median;
  const all = median(({ store, cut }) => store + cut);
  const whole = reports.every(({ points }) => points === INTAKE.metrics * INTAKE.steps);
  return [
    {
      name: 'one million points taken in',
      value: all,
      unit: 'ms',
      bar: `< ${MOST_INTAKE_MS}`,
      ok: whole && all < MOST_INTAKE_MS,
    },
    { name: 'of that, stored', value: median(({ store }) => store), unit: 'ms', bar: null, ok: true },
    { name: 'of that, cut into batches', value: median(({ cut }) => cut), unit: 'ms', bar: null, ok: true },
  ];
}

/** Runs in the built page, with a sink for whatever they send. */
async function runs(
  { browser }: BenchBrowser,
  wanted: readonly string[],
  steps: number,
  say: (line: string) => void,
): Promise<TrackingFigure[]> {
  const sink = await startSink();
  const page = await openWorkbenchPage(browser, say);
  try {
    const { all, unknown } = await page.destinations(sink.url);
    if (unknown.length > 0) say(`Left out, for want of a place to send to: ${unknown.join(', ')}`);
    say(`Trackers: ${all.map(({ kind }) => kind).join(', ') || 'none'}`);
    const figures: TrackingFigure[] = [];
    // Kernels are compiled, and code is, before anything counts.
    await page.train({ steps: 100, destinations: all, watched: false });
    const pairs = { steps, say };
    if (wanted.includes('throughput')) {
      const given = { ...pairs, name: 'throughput with all trackers', destinations: all, away: false };
      figures.push(...(await throughput(page, given)));
    }
    if (wanted.includes('away')) {
      const { all: nowhere } = await page.destinations(await closedAddress());
      // A folder is never away.
      const destinations = nowhere.filter(({ kind }) => kind !== 'tensorboard');
      const given = { ...pairs, name: 'throughput while the servers are away', destinations, away: true };
      figures.push(...(await throughput(page, given)));
    }
    if (wanted.includes('page')) figures.push(...(await longestTask(browser, page, all, steps)));
    told(sink, say);
    return figures;
  } finally {
    await page.close();
    await sink.close();
  }
}

/** Runs with trackers and without, in turn. */
interface PairsTask {
  name: string;
  destinations: readonly Destination[];
  /** Nobody is there: nothing has to arrive. */
  away: boolean;
  steps: number;
  say: (line: string) => void;
}

async function throughput(
  page: WorkbenchPage,
  { name, destinations, away, steps, say }: PairsTask,
): Promise<TrackingFigure[]> {
  const pairs: [number, number][] = [];
  const late = new Set<string>();
  for (let i = 0; i < PAIRS; i++) {
    const rates = { tracked: NaN, plain: NaN };
    // Whatever drifts meets both: each goes first in every other pair.
    for (const kind of i % 2 === 0 ? (['tracked', 'plain'] as const) : (['plain', 'tracked'] as const)) {
      const run = await page.train({
        steps,
        destinations: kind === 'tracked' ? destinations : [],
        watched: false,
        away: kind === 'tracked' && away,
      });
      for (const one of run.late) late.add(one);
      rates[kind] = run.rate;
    }
    pairs.push([rates.tracked, rates.plain]);
    say(`pair ${i + 1}: ${rates.tracked.toFixed(0)} samples/s with trackers, ${rates.plain.toFixed(0)} without`);
  }
  for (const one of late) say(`Not all arrived. ${one}`);
  const [tracked, plain] = [0, 1].map((side) => quartiles(pairs.map((pair) => pair[side])).median);
  // Of each pair: what slows the machine for a while slows both of it.
  const { mean: share, error } = meanRatio(pairs.map(([there, not]) => there / not));
  return [
    {
      name,
      value: share,
      unit: 'of that with none',
      bar: `>= ${LEAST_SHARE}`,
      ok: share >= LEAST_SHARE && late.size === 0 && destinations.length > 0,
      pairs,
    },
    { name: 'standard error of that', value: error, unit: 'of that with none', bar: null, ok: true },
    { name: 'median with trackers', value: tracked, unit: 'samples/s', bar: null, ok: true },
    { name: 'median without', value: plain, unit: 'samples/s', bar: null, ok: true },
  ];
}

/** An address at which nobody listens. */
async function closedAddress(): Promise<string> {
  const sink = await startSink();
  await sink.close();
  return sink.url;
}

async function longestTask(
  browser: Browser,
  page: WorkbenchPage,
  destinations: readonly Destination[],
  steps: number,
): Promise<TrackingFigure[]> {
  const longest = { plain: [] as number[], tracked: [] as number[] };
  for (let i = 0; i < WATCHED; i++) {
    longest.plain.push((await page.train({ steps, destinations: [], watched: true })).longestTask);
    longest.tracked.push((await page.train({ steps, destinations, watched: true })).longestTask);
  }
  const [most, mostPlain] = [Math.max(...longest.tracked), Math.max(...longest.plain)];
  const own = await busiestTask(browser, () => page.train({ steps, destinations, watched: true }));
  const free = (tasks: number[]): number => tasks.filter((task) => task === 0).length;
  return [
    {
      // Browsers report none that is shorter than 50 ms: 0 stands for that.
      name: 'longest task of the page while logging',
      value: most,
      unit: 'ms',
      bar: `< ${MOST_TASK_MS}`,
      ok: most < MOST_TASK_MS && destinations.length > 0,
    },
    { name: 'runs without a long task', value: free(longest.tracked), unit: `of ${WATCHED}`, bar: null, ok: true },
    { name: 'most processor time of a task, in one more run', value: own, unit: 'ms', bar: null, ok: true },
    { name: 'longest task without trackers', value: mostPlain, unit: 'ms', bar: null, ok: true },
    { name: 'runs without one then', value: free(longest.plain), unit: `of ${WATCHED}`, bar: null, ok: true },
  ];
}

function told(sink: Sink, say: (line: string) => void): void {
  for (const [service, { requests, bytes }] of Object.entries(sink.counts())) {
    say(`${service}: ${requests} requests, ${(bytes / 1e6).toFixed(1)} MB`);
  }
}

function render(figures: readonly TrackingFigure[]): string {
  const rows = figures.map(({ name, value, unit, bar, ok }) => [
    name,
    value.toFixed(value < 10 ? 3 : 0),
    unit,
    bar ?? '',
    bar === null ? '' : ok ? 'yes' : 'no',
  ]);
  return table(['what', 'value', 'unit', 'bar', 'reached'], rows);
}
