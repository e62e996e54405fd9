/**
 * PED-ANOVA (Watanabe et al. 2023, “PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces”):
 * a parameter matters if the best tenth of the trials lies elsewhere than all of them. Both densities are estimated on a
 * grid; their Pearson divergence is the importance. Numbers as Optuna 5.0 gives them.
 *
 * A parameter that only some trials have counts by these (Conditional PED-ANOVA, 2026): its divergence is that among them,
 * weighted by α²/β, where α is the share of the best trials and β the share of all trials that have it.
 */
import { normalCdf } from '../normal';
import { toAxis, type NumericDistribution } from '../space/distribution';
import type { Column } from './importance';

/** The share of the trials that are the best. */
const TOP = 0.1;
/** Points of the grid at most. */
const GRID = 50;
/** Trials that must have a parameter before anything is said of it. */
const FEWEST = 2;
/** What the prior weighs: as much as one trial. */
const PRIOR = 1;
/** Keeps the smallest density above zero. */
const TINY = 1e-12;
/** Scott's rule for the width of a kernel, and the span between quartiles of a standard normal distribution. */
const SCOTT = 1.059;
const QUARTILES = 1.34;
/** 90 % of the narrowest kernel lie in one cell of the grid. */
const NARROWEST = 0.5 / 1.64;

/** Importance by how far the best tenth of the trials lies from the rest. */
export function pedAnova(columns: readonly Column[], losses: Float64Array): number[] {
  const cutoff = Float64Array.from(losses).sort()[Math.ceil(TOP * losses.length) - 1];
  const isTop = Array.from(losses, (loss) => loss <= cutoff);
  const topCount = isTop.filter(Boolean).length;
  return columns.map((column) => {
    const all = new Float64Array(gridSize(column));
    const top = new Float64Array(all.length);
    column.values.forEach((value, trial) => {
      if (Number.isNaN(value)) return;
      const cell = cellOf(column, value, all.length);
      all[cell]++;
      if (isTop[trial]) top[cell]++;
    });
    const [having, topHaving] = [sum(all), sum(top)];
    if (having < FEWEST || topHaving === 0) return 0;
    const weight = (topHaving / topCount) ** 2 / (having / losses.length);
    const estimate = column.distribution.type === 'categorical' ? categoricalDensity : numericDensity;
    return weight * divergence(estimate(top), estimate(all));
  });
}

function gridSize({ distribution }: Column): number {
  if (distribution.type === 'categorical') return distribution.choices.length;
  const { low, high, log, step } = distribution;
  if (distribution.type === 'int' && log) return Math.min(Math.ceil(Math.log(high - low + 1) / Math.LN2) + 1, GRID);
  return step === null || log ? GRID : Math.min(Math.round((high - low) / step) + 1, GRID);
}

/** The cell that a value falls into; the lower one where it lies between two. */
function cellOf({ distribution }: Column, value: number, cells: number): number {
  if (distribution.type === 'categorical') return value;
  const [low, high] = ends(distribution);
  const cell = Math.ceil((toAxis(distribution, value) - low) / ((high - low) / (cells - 1)) - 0.5);
  return Math.min(cells - 1, Math.max(0, cell));
}

const ends = (distribution: NumericDistribution): [low: number, high: number] => [
  toAxis(distribution, distribution.low),
  toAxis(distribution, distribution.high),
];

function divergence(top: Float64Array, all: Float64Array): number {
  return top.reduce((total, density, cell) => {
    const local = all[cell] + TINY;
    return total + local * ((density + TINY) / local - 1) ** 2;
  }, 0);
}

/** Every choice that was made is a kernel with a little of all choices in it; the prior is a kernel that is even. */
function categoricalDensity(counts: Float64Array): Float64Array {
  const kernels = counts.filter((count) => count > 0).length + 1;
  const little = PRIOR / kernels;
  const total = sum(counts) + PRIOR;
  const spread = counts.length * little;
  // A kernel's share of another choice, and what its own choice gets on top.
  const other = little / (1 + spread);
  return counts.map((count) => (sum(counts) * other + count / (1 + spread) + PRIOR / counts.length) / total);
}

/** A mixture of normal distributions, cut off at the ends of the grid; the prior is the widest, in the middle. */
function numericDensity(counts: Float64Array): Float64Array {
  const total = sum(counts) + PRIOR;
  const density = new Float64Array(counts.length);
  const width = kernelWidth(counts);
  counts.forEach((count, cell) => {
    if (count > 0) addKernel(density, cell, width, count / total);
  });
  addKernel(density, (counts.length - 1) / 2, counts.length, PRIOR / total);
  return density;
}

/** Scott's rule, with the span between the quartiles where that is less than the deviation. */
function kernelWidth(counts: Float64Array): number {
  const total = sum(counts);
  const mean = counts.reduce((at, count, cell) => at + count * cell, 0) / total;
  const squares = counts.reduce((at, count, cell) => at + count * (cell - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, total - 1));
  const used = Array.from(counts.keys()).filter((cell) => counts[cell] > 0);
  let below = 0;
  const upTo = used.map((cell) => (below += counts[cell]));
  const first = used[upTo.findIndex((trials) => trials >= Math.floor(total / 4))];
  const third = used[upTo.findIndex((trials) => trials > Math.floor((total * 3) / 4))] ?? used[used.length - 1];
  return Math.max(NARROWEST, SCOTT * Math.min((third - first) / QUARTILES, deviation) * total ** -0.2);
}

/** Adds `weight` times the share of a normal distribution that lies in each cell, as if nothing lay beyond the grid. */
function addKernel(density: Float64Array, mean: number, width: number, weight: number): void {
  const edge = (cell: number): number => normalCdf((cell - 0.5 - mean) / width);
  const within = edge(density.length) - edge(0);
  let lower = edge(0);
  for (let cell = 0; cell < density.length; cell++) {
    const upper = edge(cell + 1);
    density[cell] += (weight * (upper - lower)) / within;
    lower = upper;
  }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
