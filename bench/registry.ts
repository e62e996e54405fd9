/** Every benchmark by its name. To add one: a folder here and a line below. */
import type { Benchmark } from './benchmark';
import { peers } from './peers/peers';
import { sweeps } from './sweeps/sweeps';
import { tracking } from './tracking/tracking';
import { training } from './training/training';

export const BENCHMARKS: Record<string, Benchmark> = { training, sweeps, peers, tracking };
