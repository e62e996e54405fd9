/**
 * One tree of a random forest for regression (Breiman 2001), grown to its ends: it cuts the space of the features into boxes,
 * each with one value. Only the boxes are kept, for nothing is predicted from them.
 */
import { shuffle, type RandomStream } from '../../base/random';

/** One feature of all examples. */
export interface Feature {
  /** Choices of a categorical feature; null for a number. */
  choices: number | null;
  /** One an example: in [0, 1], or the index of a choice. */
  values: Float64Array;
  /** Examples by rising value. */
  order: Uint32Array;
}

/** A part of the space in which a tree predicts one value. */
export interface Box {
  value: number;
  /** By feature, the part of a number's axis that it covers; [0, 1] where it covers all. */
  low: Float64Array;
  high: Float64Array;
  /** By feature, which choices it covers, 1 or 0; null for a number. */
  choices: readonly (Uint8Array | null)[];
}

/** A feature; its examples are ordered once for all trees. */
export function featureOf(values: Float64Array, choices: number | null): Feature {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  return { choices, values, order };
}

const MAX_DEPTH = 64;
/** Examples that a tree is grown on at most: a forest of many trees sees ten thousand all the same, in a fifth of the time. */
const MAX_DRAWN = 2000;

/** A cut: a number at most `at` goes left; of choices the one that is `at`. */
interface Cut {
  feature: number;
  at: number;
}

/** Examples from `start` to `end` of every order, and the box around them. */
interface Node extends Omit<Box, 'value'> {
  start: number;
  end: number;
  depth: number;
}

/** What a tree is grown on. */
interface Sample {
  targets: Float64Array;
  /** How often each example was drawn, and its target that many times. */
  weights: Uint32Array;
  weighted: Float64Array;
  /** By feature, the examples that were drawn, by rising value within every node. */
  orders: Uint32Array[];
}

/**
 * Grows a tree on examples drawn with replacement, as many as there are (at most 2,000). At every node it takes, of all
 * features, the cut that leaves least variance, until the examples of a node are equal.
 */
export function growTree(features: readonly Feature[], targets: Float64Array, random: RandomStream): Box[] {
  const sample = drawSample(features, targets, random);
  const goesLeft = new Uint8Array(targets.length);
  const spare = new Uint32Array(sample.orders[0].length);
  const boxes: Box[] = [];
  const waiting: Node[] = [rootOf(features, spare.length)];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const [order] = sample.orders;
    const { total, weight, equal } = summary(sample, node);
    const cut = equal || node.depth >= MAX_DEPTH ? null : bestCut(features, sample, node, total, weight, random);
    if (!cut) {
      boxes.push({ value: total / weight, low: node.low, high: node.high, choices: node.choices });
      continue;
    }
    const { values, choices } = features[cut.feature];
    let left = 0;
    for (let i = node.start; i < node.end; i++) {
      const value = values[order[i]];
      goesLeft[order[i]] = (choices === null ? value <= cut.at : value === cut.at) ? 1 : 0;
      left += goesLeft[order[i]];
    }
    for (const each of sample.orders) partition(each, node, goesLeft, spare);
    waiting.push(...childrenOf(node, cut, node.start + left));
  }
  return boxes;
}

function drawSample(features: readonly Feature[], targets: Float64Array, random: RandomStream): Sample {
  const count = targets.length;
  const weights = new Uint32Array(count);
  for (let i = 0; i < Math.min(count, MAX_DRAWN); i++) weights[random.integer(count)]++;
  const weighted = targets.map((target, example) => target * weights[example]);
  const orders = features.map(({ order }) => order.filter((example) => weights[example] > 0));
  return { targets, weights, weighted, orders };
}

function rootOf(features: readonly Feature[], end: number): Node {
  return {
    start: 0,
    end,
    depth: 0,
    low: new Float64Array(features.length),
    high: new Float64Array(features.length).fill(1),
    choices: features.map(({ choices }) => (choices === null ? null : new Uint8Array(choices).fill(1))),
  };
}

/** Sum of the targets and weights of a node, and whether its targets are equal. */
function summary({ targets, weights, weighted, orders: [order] }: Sample, { start, end }: Node) {
  let total = 0;
  let weight = 0;
  let equal = true;
  for (let i = start; i < end; i++) {
    total += weighted[order[i]];
    weight += weights[order[i]];
    equal &&= targets[order[i]] === targets[order[start]];
  }
  return { total, weight, equal };
}

/** The cut that leaves least variance; null where the examples are equal in every feature. */
function bestCut(
  features: readonly Feature[],
  { weights, weighted, orders }: Sample,
  { start, end }: Node,
  total: number,
  weight: number,
  random: RandomStream,
): Cut | null {
  let best: Cut | null = null;
  // What a cut explains, less what all cuts have in common.
  let bestGain = -Infinity;
  // Of equally good cuts the first counts: at random, or features that stand first would seem to matter more.
  for (const feature of shuffle([...features.keys()], random)) {
    const { values, choices } = features[feature];
    const order = orders[feature];
    let leftTotal = 0;
    let leftWeight = 0;
    let next = values[order[start]];
    for (let i = start; i < end; i++) {
      const example = order[i];
      leftTotal += weighted[example];
      leftWeight += weights[example];
      const value = next;
      if (i + 1 < end) {
        next = values[order[i + 1]];
        if (next === value) continue;
      }
      const rightWeight = weight - leftWeight;
      if (rightWeight > 0) {
        const rightTotal = total - leftTotal;
        const gain = (leftTotal * leftTotal) / leftWeight + (rightTotal * rightTotal) / rightWeight;
        if (gain > bestGain) {
          bestGain = gain;
          // Between two numbers that are next to each other the middle may round to the upper one.
          const middle = (value + next) / 2;
          best = { feature, at: choices === null && middle < next ? middle : value };
        }
      }
      // A choice is cut from all others, not from those that come after it.
      if (choices !== null) leftTotal = leftWeight = 0;
    }
  }
  return best;
}

/** Moves the examples of a node that go left before those that do not; within both they keep their order. */
function partition(order: Uint32Array, { start, end }: Node, goesLeft: Uint8Array, spare: Uint32Array): void {
  let left = start;
  let right = 0;
  for (let i = start; i < end; i++) {
    const example = order[i];
    if (goesLeft[example]) order[left++] = example;
    else spare[right++] = example;
  }
  order.set(spare.subarray(0, right), left);
}

function childrenOf(node: Node, { feature, at }: Cut, middle: number): [Node, Node] {
  const depth = node.depth + 1;
  const choices = node.choices[feature];
  if (choices) {
    const [only, others] = [new Uint8Array(choices.length), choices.slice()];
    only[at] = 1;
    others[at] = 0;
    return [
      { ...node, depth, end: middle, choices: node.choices.with(feature, only) },
      { ...node, depth, start: middle, choices: node.choices.with(feature, others) },
    ];
  }
  return [
    { ...node, depth, end: middle, high: node.high.with(feature, at) },
    { ...node, depth, start: middle, low: node.low.with(feature, at) },
  ];
}
