/**
 * NSGA-II as a sampler: generations of trials; parents are chosen from the best of all before, a child takes each value from
 * one of two parents or draws it anew. Each trial notes its generation, and the first of a generation who its parents can be,
 * so that trials which end later change nothing.
 */
import type { SamplerConfig } from '../../../config/search/samplers';

import { randomStream, type RandomStream } from '../../../base/random';
import type { Json, TrialParams, TrialRow } from '../../../store/study';
import { contains } from '../../../config/search/ranges';
import { drawUniform, type Space } from '../../space/space';
import { isFinished } from '../order';
import type { Sampler, StudyView } from '../sampler';
import { judge, survivors, tournament, type Individual } from './selection';

type Settings = Extract<SamplerConfig, { name: 'nsga2' }>;

/** What the trials of a study noted. */
interface History {
  /** Trials that have ended, by generation. */
  finished: Map<number, TrialRow[]>;
  /** Numbers of those who can be parents, by generation. */
  parents: Map<number, number[]>;
  latest: number;
}

/** The sampler NSGA-II. */
export function nsga2Sampler(settings: Settings): Sampler {
  return {
    suggest(study, number, fixed) {
      const { seed, space } = study;
      const random = randomStream(seed, 'nsga2', number);
      const history = readHistory(study.trials);
      const { generation, population, isNew } = populationOf(study, history, settings.population);
      const params =
        population.length < 2
          ? space.fill(({ distribution }) => drawUniform(distribution, random), fixed)
          : child(space, population, settings, random, fixed);
      const note: Record<string, Json> = { generation };
      if (isNew) note.parents = population.map(({ trial }) => trial.number);
      return { params, attributes: { nsga2: note } };
    },
  };
}

/** The generation that the next trial belongs to, and who can be its parents: none in the first. */
function populationOf(
  { trials, directions, space }: StudyView,
  history: History,
  size: number,
): { generation: number; population: Individual[]; isNew: boolean } {
  const members = (generation: number): TrialRow[] => {
    const own = history.finished.get(generation) ?? [];
    // What a warm start brought counts as born in the first.
    return generation > 0 ? own : [...trials.filter((trial) => trial.number < 0 && isFinished(trial)), ...own];
  };
  const isFull = members(history.latest).length >= size;
  const generation = isFull ? history.latest + 1 : history.latest;
  if (generation === 0) return { generation, population: [], isNew: false };
  const noted = history.parents.get(generation);
  const parents = noted
    ? chosen(trials, noted)
    : survivors(
        [...chosen(trials, history.parents.get(generation - 1) ?? []), ...members(generation - 1)].filter(
          ({ params }) => fits(space, params),
        ),
        directions,
        size,
      );
  return { generation, population: judge(parents, directions), isNew: noted === undefined };
}

/** A child of two parents, or of one; some of its values are drawn anew. */
function child(
  space: Space,
  population: readonly Individual[],
  { crossover, swapping, mutation }: Settings,
  random: RandomStream,
  fixed: TrialParams,
): TrialParams {
  const first = tournament(population, random).trial;
  const others = population.filter(({ trial }) => trial !== first);
  const second = random.uniform() < crossover ? tournament(others, random).trial : first;
  const chance = mutation ?? 1 / Math.max(1, Object.keys(first.params).length);
  return space.fill(({ key, distribution }) => {
    const [parent, other] = random.uniform() < swapping ? [second, first] : [first, second];
    const from = key in parent.params ? parent : other;
    // What neither parent has was searched under a condition that held for neither.
    return random.uniform() < chance || !(key in from.params) ? drawUniform(distribution, random) : from.params[key];
  }, fixed);
}

/** Whether all values that the space knows can be taken: those of a warm start may lie outside. */
const fits = (space: Space, params: TrialParams): boolean =>
  space.unconditional.every(({ key }) => key in params) &&
  Object.entries(params).every(([key, value]) => {
    const parameter = space.get(key);
    return !parameter || contains(parameter.distribution, value);
  });

function chosen(trials: readonly TrialRow[], numbers: readonly number[]): TrialRow[] {
  const wanted = new Set(numbers);
  return trials.filter(({ number }) => wanted.has(number));
}

function readHistory(trials: readonly TrialRow[]): History {
  const history: History = { finished: new Map(), parents: new Map(), latest: 0 };
  for (const trial of trials) {
    const note = trial.attributes.nsga2;
    if (trial.number < 0 || typeof note !== 'object' || note === null || Array.isArray(note)) continue;
    const { generation, parents } = note;
    if (typeof generation !== 'number') continue;
    history.latest = Math.max(history.latest, generation);
    if (Array.isArray(parents) && !history.parents.has(generation)) {
      history.parents.set(
        generation,
        parents.filter((item) => typeof item === 'number'),
      );
    }
    if (!isFinished(trial)) continue;
    const finished = history.finished.get(generation);
    if (finished) finished.push(trial);
    else history.finished.set(generation, [trial]);
  }
  return history;
}
