/** Groups of browsers that train together: bytes, milliseconds by part and efficiency, beside formulas and whole weights. */
import { table } from '../../bin/table';
import { LatheError } from '../../src/base/errors';
import type { Benchmark, BenchOptions } from '../benchmark';
import { startPeersHost, type GroupTask, type PeersHost } from './host';
import { figuresOf, overlapOf, type OverlapFigures, type PeersFigures } from './figures';
import { METHODS, type Method } from './methods';
import { paper } from './paper';
import type { PageReport } from './protocol';
import { MICRO_BATCHES, PEERS_WORKLOADS, workloadNamed } from './workloads';

const MEMBERS = [1, 2, 4];
const STEPS = 6;
const WARM_UP = 2;

/** Milliseconds one way of the link between waiting peers: 20 ms to the other and back. */
const DELAY_MS = 10;

/** Bytes that a peer sends each other one to measure the links. */
const PROBE = 2 << 20;

/** Share of what can be hidden that overlap has to hide. */
const LEAST_HIDDEN = 0.5;

/** Largest relative difference of bytes from the formula. */
const MOST_DIFFERENCE = 0.1;

/** The benchmark. */
export const peers: Benchmark = {
  description: 'Groups of 1, 2 and 4 browsers that train together, beside an exchange of whole weights',
  async run(options, say) {
    if (options.paper) {
      process.stdout.write(`${paper()}\n`);
      return { figures: [], complete: true };
    }
    const methods = chosen<Method>('--only', options.only, METHODS, METHODS);
    const workloads = chosen(
      '--workload',
      options.workloads,
      PEERS_WORKLOADS.map(({ name }) => name),
      ['mlp', 'waiting'],
    );
    const host = await startPeersHost(say);
    try {
      const figures: PeersFigures[] = [];
      const overlaps: OverlapFigures[] = [];
      process.stdout.write(`${host.describe()}\n`);
      for (const workload of workloads) {
        const waiting = workloadNamed(workload).kind === 'waiting';
        const here = waiting ? methods.filter((method) => WAITING.includes(method)) : methods;
        const found = await measure(host, workload, here, options, say);
        figures.push(...found);
        process.stdout.write(`\n${render(workload, found)}\n`);
        if (waiting) overlaps.push(...(await measureOverlap(host, workload, options, say)));
      }
      if (overlaps.length > 0) process.stdout.write(`\n${renderOverlap(overlaps)}\n`);
      const problems = [...problemsOf(figures), ...overlaps.flatMap(problemOfOverlap)];
      for (const problem of problems) process.stdout.write(`\n${problem}`);
      if (problems.length > 0) process.stdout.write('\n');
      return { figures: [...figures, ...overlaps], complete: problems.length === 0 };
    } finally {
      await host.stop();
    }
  },
};

/** Methods where computation is waiting: there are no matrices, and local steps are steps. */
const WAITING: Method[] = ['float32', 'int8', 'all_to_all'];

async function measure(
  host: PeersHost,
  workload: string,
  methods: readonly Method[],
  { steps }: BenchOptions,
  say: (line: string) => void,
): Promise<PeersFigures[]> {
  const waiting = workloadNamed(workload).kind === 'waiting';
  const figures: PeersFigures[] = [];
  for (const method of methods) {
    let alone: PeersFigures | null = null;
    for (const members of MEMBERS) {
      say(`${workload}, ${method}, ${members} …`);
      // A round of local steps stands for several: fewer of them take as long.
      const timed = Math.ceil((steps ?? STEPS) / (method === 'local_steps' ? 2 : 1));
      const task: GroupTask = {
        workload,
        method,
        members,
        warmUp: WARM_UP,
        steps: WARM_UP + timed,
        items: MICRO_BATCHES,
        overlap: true,
        probe: PROBE,
      };
      const reports = await host.run(task, waiting ? DELAY_MS : null);
      const row = figuresOf(task, reports, waiting ? DELAY_MS : 0, alone);
      if (members === 1) alone = row;
      figures.push(row);
    }
  }
  return figures;
}

/** Groups with one micro-batch each, so that all of a backward pass can hide communication. */
async function measureOverlap(
  host: PeersHost,
  workload: string,
  { steps }: BenchOptions,
  say: (line: string) => void,
): Promise<OverlapFigures[]> {
  const figures: OverlapFigures[] = [];
  for (const members of MEMBERS.slice(1)) {
    const reports = new Map<boolean, PageReport[]>();
    for (const overlap of [false, true]) {
      say(`${workload}, ${overlap ? 'with' : 'without'} overlap, ${members} …`);
      const task: GroupTask = {
        workload,
        method: 'float32',
        members,
        warmUp: WARM_UP,
        steps: WARM_UP + (steps ?? STEPS),
        items: members,
        overlap,
        probe: PROBE,
      };
      reports.set(overlap, await host.run(task, DELAY_MS));
    }
    figures.push(overlapOf(workload, members, reports.get(false) ?? [], reports.get(true) ?? []));
  }
  return figures;
}

function chosen<T extends string>(
  option: string,
  wished: string[] | null,
  all: readonly T[],
  byDefault: readonly T[],
): T[] {
  const unknown = wished?.find((name) => !all.some((known) => known === name));
  if (unknown !== undefined) {
    throw new LatheError('usage', `${option}: there is no ${unknown}. There are ${all.join(', ')}.`);
  }
  return wished ? all.filter((name) => wished.includes(name)) : [...byDefault];
}

const HEAD = [
  'method',
  'N',
  'kB/step',
  'formula',
  'ms/step',
  'quartiles',
  'compute',
  'communicate',
  'update',
  'commit',
  'formula',
  'efficiency',
  'formula',
  'MB/s',
  'hash',
];

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);
const whole = (number: number): string => number.toFixed(0);
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function render(workload: string, figures: PeersFigures[]): string {
  const rows = figures.map((row) => [
    row.method.startsWith('lathe') ? row.compression : 'all to all',
    String(row.n),
    kilobytes(row.bytes_per_step),
    kilobytes(row.bytes_formula),
    whole(row.ms),
    `${whole(row.quartiles[0])}–${whole(row.quartiles[1])}`,
    whole(row.compute_ms),
    whole(row.communicate_ms),
    row.update_ms.toFixed(1),
    row.commit_ms.toFixed(1),
    whole(row.ms_formula),
    percent(row.efficiency),
    percent(row.efficiency_formula),
    row.rate === null ? '' : (row.rate / 1e6).toFixed(1),
    row.hash.slice(0, 8),
  ]);
  return `${workload}\n${table(HEAD, rows)}`;
}

function renderOverlap(figures: OverlapFigures[]): string {
  const rows = figures.map(({ n, ms_without, ms, communicate_ms, backward_ms, hidden }) => [
    String(n),
    whole(ms_without),
    whole(ms),
    whole(communicate_ms),
    whole(backward_ms),
    percent(hidden),
  ]);
  const head = ['N', 'ms without overlap', 'ms with overlap', 'communicate', 'backward', 'hidden of what can be'];
  return `Overlap, where computation is waiting and the others are ${2 * DELAY_MS} ms away and back\n${table(head, rows)}`;
}

function problemsOf(figures: PeersFigures[]): string[] {
  const problems: string[] = [];
  for (const row of figures) {
    const name = `${row.workload}, ${row.compression}, N = ${row.n}`;
    const off = row.n === 1 ? 0 : row.bytes_per_step / row.bytes_formula - 1;
    if (Math.abs(off) > MOST_DIFFERENCE) problems.push(`${name}: bytes differ from the formula by ${percent(off)}.`);
    const first = figures.find((other) => other.workload === row.workload && other.compression === 'float32');
    if (row.compression === 'float32' && row.method.startsWith('lathe') && first && first.hash !== row.hash) {
      problems.push(`${name}: the parameters are not those of the group of one.`);
    }
  }
  return problems;
}

const problemOfOverlap = ({ n, hidden }: OverlapFigures): string[] =>
  hidden >= LEAST_HIDDEN ? [] : [`N = ${n}: overlap hides ${percent(hidden)} of what can be hidden.`];
