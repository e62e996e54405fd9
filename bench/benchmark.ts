/** What `npm run bench` asks of a benchmark. */

/** Arguments, read. */
export interface BenchOptions {
  /** The benchmark. */
  name: string;
  /** Absolute path of the file that figures go to. */
  json: string | null;
  /** In Node on Dawn in place of a browser. */
  node: boolean;
  /** Workloads for real GPUs too. */
  large: boolean;
  /** PyTorch too. */
  torch: boolean;
  /** Engines to measure; null: all. */
  only: string[] | null;
  /** Workloads to run; null: all. */
  workloads: string[] | null;
  /** Timed steps; null: the benchmark's choice. */
  steps: number | null;
  /** Only what is computed from formulas. */
  paper: boolean;
  /** Absolute path of a module with an objective of the user's own; null: the benchmark's functions. */
  objective: string | null;
  /** Samplers of studies; null: the benchmark's choice. */
  samplers: string[] | null;
  /** Studies of each function and sampler, with seeds from 0 on. */
  seeds: number;
  /** Trials of each study. */
  trials: number;
}

/** Measures something against its peers, side by side. */
export interface Benchmark {
  description: string;
  /** Prints a table; `complete` is false where something failed or did not agree. `say` takes lines of progress. */
  run(options: BenchOptions, say: (line: string) => void): Promise<{ figures: object[]; complete: boolean }>;
}
