/**
 * fANOVA (Hutter, Hoos & Leyton-Brown 2014, “An efficient approach for assessing hyperparameter importance”): a random forest
 * learns the objective, and a parameter matters by the share of the forest's variance that comes from it alone, with all
 * others averaged out. Every value counts as often as a random search would draw it: on a logarithmic axis where the search
 * is logarithmic, and of choices and steps each alike. (Optuna takes raw values there, so that nine tenths of a learning
 * rate's weight lie in its last decade.)
 *
 * Parameters that every trial has share one forest. One that only some have (it is searched under a condition) is judged by
 * a forest on these trials; its share is of their variance, and counts by how many trials there are and how much of the
 * variance of all.
 */
import { randomStream, type RandomStream } from '../../base/random';
import { interval, toAxis } from '../space/distribution';
import type { Column } from './importance';
import { featureOf, growTree, type Box, type Feature } from './regression-tree';

const TREES = 64;

/** Importance by the share of variance that a random forest ascribes to each parameter alone. */
export function fanova(columns: readonly Column[], losses: Float64Array, seed: number): number[] {
  const shares = columns.map(() => 0);
  for (const [group, { trials, members }] of sameTrials(columns).entries()) {
    const targets = Float64Array.from(trials, (trial) => losses[trial]);
    const weight = (trials.length / losses.length) * (variance(targets) / variance(losses));
    if (!(weight > 0)) continue;
    // These trials may all have other parameters too: the forest has to know of them.
    const used = columns.filter(({ values }) => trials.every((trial) => !Number.isNaN(values[trial])));
    const found = forestShares(
      used.map((column) => toFeature(column, trials)),
      targets,
      (tree) => randomStream(seed, 'fanova', group, tree),
    );
    for (const member of members) shares[member] = weight * found[used.indexOf(columns[member])];
  }
  return shares;
}

/** Columns that the same trials have a value of, by their indices. */
function sameTrials(columns: readonly Column[]): { trials: number[]; members: number[] }[] {
  const groups = new Map<string, { trials: number[]; members: number[] }>();
  columns.forEach(({ values }, column) => {
    const trials = [...values.keys()].filter((trial) => !Number.isNaN(values[trial]));
    const key = trials.join();
    const group = groups.get(key);
    if (group) group.members.push(column);
    else groups.set(key, { trials, members: [column] });
  });
  return [...groups.values()];
}

function toFeature({ distribution, values }: Column, trials: readonly number[]): Feature {
  if (distribution.type === 'categorical') {
    return featureOf(
      Float64Array.from(trials, (trial) => values[trial]),
      distribution.choices.length,
    );
  }
  const [low, high] = interval(distribution);
  return featureOf(
    Float64Array.from(trials, (trial) => (toAxis(distribution, values[trial]) - low) / (high - low)),
    null,
  );
}

/** By feature, the share of a tree's variance that is its own: the mean over the trees of a forest. */
function forestShares(
  features: readonly Feature[],
  targets: Float64Array,
  stream: (tree: number) => RandomStream,
): Float64Array {
  const shares = new Float64Array(features.length);
  let trees = 0;
  for (let tree = 0; tree < TREES; tree++) {
    const boxes = weigh(growTree(features, targets, stream(tree)));
    const total = boxes.reduce((sum, { volume, value }) => sum + volume * value ** 2, 0);
    // A tree that was grown on equal targets says nothing.
    if (!(total > 0)) continue;
    trees++;
    features.forEach(({ choices }, feature) => {
      shares[feature] += (choices === null ? ofNumber(boxes, feature) : ofChoices(boxes, feature, choices)) / total;
    });
  }
  return trees > 0 ? shares.map((share) => share / trees) : shares;
}

/** A box, its share of the space, and its value less the mean of the tree. */
interface WeighedBox extends Box {
  volume: number;
}

function weigh(boxes: readonly Box[]): WeighedBox[] {
  const weighed = boxes.map((box) => {
    let volume = 1;
    for (let feature = 0; feature < box.low.length; feature++) volume *= extent(box, feature);
    return { ...box, volume };
  });
  const mean = weighed.reduce((sum, { volume, value }) => sum + volume * value, 0);
  return weighed.map((box) => ({ ...box, value: box.value - mean }));
}

/** The part of a feature's values that a box covers. */
function extent({ low, high, choices }: Box, feature: number): number {
  const covered = choices[feature];
  return covered ? covered.reduce((sum, one) => sum + one, 0) / covered.length : high[feature] - low[feature];
}

/** Variance of what a tree says along a number's axis, all other features averaged out: constant between two cuts. */
function ofNumber(boxes: readonly WeighedBox[], feature: number): number {
  const cuts = Float64Array.from(new Set(boxes.map(({ low }) => low[feature]))).sort();
  const at = new Map(Array.from(cuts, (cut, i) => [cut, i]));
  /** By how much the mean changes at each cut. */
  const changes = new Float64Array(cuts.length + 1);
  for (const box of boxes) {
    const width = extent(box, feature);
    if (width === 0) continue;
    const part = (box.volume / width) * box.value;
    changes[at.get(box.low[feature]) ?? 0] += part;
    changes[at.get(box.high[feature]) ?? cuts.length] -= part;
  }
  let mean = 0;
  let total = 0;
  cuts.forEach((cut, i) => {
    mean += changes[i];
    total += ((cuts[i + 1] ?? 1) - cut) * mean ** 2;
  });
  return total;
}

/** Variance of what a tree says by the choices of a feature, all other features averaged out. */
function ofChoices(boxes: readonly WeighedBox[], feature: number, count: number): number {
  const means = new Float64Array(count);
  for (const box of boxes) {
    const part = (box.volume / extent(box, feature)) * box.value;
    box.choices[feature]?.forEach((covered, choice) => (means[choice] += covered * part));
  }
  return means.reduce((sum, mean) => sum + mean ** 2, 0) / count;
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
