/**
 * Grid search: every combination once, in an order shuffled by the study's seed. Combinations are numbered, not listed: the
 * values of parameters that others depend on are laid out (they are few), and under each of these the parameters that are
 * active there count in mixed radix.
 */
import { deriveSeed } from '../../base/random';
import { LatheError } from '../../base/errors';
import type { ParameterValue } from '../../config/search/space';
import type { TrialParams, TrialRow } from '../../store/study';
import { cardinality } from '../../config/search/ranges';
import { fromAxis, toAxis, toInternal } from '../space/distribution';
import type { Parameter, Space } from '../space/space';
import type { Sampler, StudyView } from './sampler';

/** Where a trial notes its place in the order, so that the next one goes on behind it. */
const PLACE = 'grid_place';

/** The grid sampler. Combinations that break constraints are left out, as are those that a trial of the study had. */
export function gridSampler(): Sampler {
  return {
    suggest(study, number, fixed) {
      const { space } = study;
      if (Object.keys(fixed).length > 0) return { params: beside(study, number, fixed) };
      const grid = gridOf(space);
      // What came from the order itself does not come again.
      const tried = triedBy(study, ({ attributes }) => !(PLACE in attributes));
      const order = shuffledOrder(grid.size, study.seed);
      for (let place = nextPlace(study); place < grid.size; place++) {
        const params = grid.at(order(place));
        if (space.allows(params) && !tried.has(identity(space, params))) {
          return { params, attributes: { [PLACE]: place } };
        }
      }
      return null;
    },
  };
}

/**
 * The first combination with the values in `fixed` that was not tried yet. Where all were, the first one: what was enqueued by
 * hand is run.
 */
function beside(study: StudyView, number: number, fixed: TrialParams): TrialParams {
  const { space } = study;
  const grid = new Grid(space, fixed);
  const tried = triedBy(study, (trial) => trial.number !== number);
  const order = shuffledOrder(grid.size, study.seed);
  let first: TrialParams | null = null;
  for (let place = 0; place < grid.size; place++) {
    const params = grid.at(order(place));
    if (!space.allows(params)) continue;
    if (!tried.has(identity(space, params))) return params;
    first ??= params;
  }
  if (first) return first;
  throw new LatheError(
    'config',
    `No combination of the grid meets the constraints together with ${JSON.stringify(fixed)}, which was enqueued by hand.`,
  );
}

/** What trials of the study that started had as values, those that `counts` takes. */
function triedBy({ trials, space }: StudyView, counts: (trial: TrialRow) => boolean): Set<string> {
  return new Set(
    trials
      .filter((trial) => trial.number >= 0 && trial.state !== 'waiting' && counts(trial))
      .map(({ params }) => identity(space, params)),
  );
}

/** The first place that no trial of the study took from the order. */
function nextPlace({ trials }: StudyView): number {
  return trials.reduce((next, { number, attributes }) => {
    const place = number >= 0 ? attributes[PLACE] : null;
    return typeof place === 'number' ? Math.max(next, place + 1) : next;
  }, 0);
}

/** The same for trials with the same values. */
const identity = (space: Space, params: TrialParams): string =>
  space.parameters
    .map(({ key, distribution }) => (key in params ? toInternal(distribution, params[key]) : ''))
    .join(' ');

/** Values of the parameters that others depend on, and what they leave to choose. */
interface Block {
  params: TrialParams;
  /** Parameters that are active there, beside those in `params`. */
  free: Parameter[];
  /** Number of its first combination. */
  start: number;
}

/** All combinations of a space, numbered. */
class Grid {
  readonly #space: Space;
  readonly #fixed: TrialParams;
  readonly #blocks: Block[] = [];
  /** Combinations, those included that break constraints. */
  readonly size: number;

  /** @param fixed Values of parameters that take no other. */
  constructor(space: Space, fixed: TrialParams) {
    this.#space = space;
    this.#fixed = fixed;
    const conditions = new Set(space.parameters.flatMap(({ when }) => when.map(({ key }) => key)));
    const [deciding, others] = [true, false].map((decides) =>
      space.parameters.filter(({ key }) => conditions.has(key) === decides),
    );
    let size = 0;
    const layOut = (depth: number, params: TrialParams): void => {
      if (depth < deciding.length) {
        const parameter = deciding[depth];
        if (!space.isActive(parameter, params)) layOut(depth + 1, params);
        else {
          for (let level = 0; level < this.#levels(parameter); level++) {
            layOut(depth + 1, { ...params, [parameter.key]: this.#value(parameter, level) });
          }
        }
        return;
      }
      const free = others.filter((parameter) => space.isActive(parameter, params));
      this.#blocks.push({ params, free, start: size });
      size += free.reduce((product, parameter) => product * this.#levels(parameter), 1);
    };
    layOut(0, {});
    this.size = size;
  }

  /** The combination of a number below `size`. */
  at(number: number): TrialParams {
    const { params, free, start } = this.#blockOf(number);
    const values = { ...params };
    let rest = number - start;
    for (const parameter of free) {
      const levels = this.#levels(parameter);
      values[parameter.key] = this.#value(parameter, rest % levels);
      rest = Math.floor(rest / levels);
    }
    return Object.fromEntries(
      this.#space.parameters.filter(({ key }) => key in values).map(({ key }) => [key, values[key]]),
    );
  }

  #blockOf(number: number): Block {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#blocks[middle].start <= number) low = middle;
      else high = middle - 1;
    }
    return this.#blocks[low];
  }

  #levels({ key, distribution }: Parameter): number {
    if (key in this.#fixed) return 1;
    const levels = cardinality(distribution);
    if (Number.isFinite(levels)) return levels;
    throw new LatheError(
      'config',
      `${key} has no step, so a grid has no end. Give it a step or a list of choices, or take another sampler.`,
      { key },
    );
  }

  #value({ key, distribution }: Parameter, level: number): ParameterValue {
    if (key in this.#fixed) return this.#fixed[key];
    if (distribution.type === 'categorical') return distribution.choices[level];
    return fromAxis(distribution, toAxis(distribution, distribution.low + level * (distribution.step ?? 1)));
  }
}

/** Grids that nothing is fixed in. */
const GRIDS = new WeakMap<Space, Grid>();

function gridOf(space: Space): Grid {
  let grid = GRIDS.get(space);
  if (!grid) GRIDS.set(space, (grid = new Grid(space, {})));
  return grid;
}

/** Rounds after which a Feistel network's order looks like chance. */
const ROUNDS = 4;

/**
 * A shuffled order of the numbers below `size`, without listing them: a Feistel network permutes the numbers of as many bits,
 * and is applied again where it leads out of the range (cycle walking; Black and Rogaway 2002).
 */
function shuffledOrder(size: number, seed: number): (place: number) => number {
  const half = Math.max(1, Math.ceil(Math.log2(size) / 2));
  const radix = 2 ** half;
  const keys = Array.from({ length: ROUNDS }, (_, round) => deriveSeed(seed, 'grid', round));
  return (place) => {
    let number = place;
    do {
      let left = Math.floor(number / radix);
      let right = number % radix;
      for (const key of keys) [left, right] = [right, (left ^ mixed(right ^ key)) & (radix - 1)];
      number = left * radix + right;
    } while (number >= size);
    return number;
  };
}

/** The finaliser of MurmurHash3: every bit depends on every other. */
function mixed(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
