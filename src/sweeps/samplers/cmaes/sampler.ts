/**
 * CMA-ES as a sampler. It moves the numbers that every trial has; choices, and what is only searched under a condition, are
 * drawn at random. What it knows is rebuilt from the trials: each notes its generation and its point, and the first of a
 * generation which trials the distribution had learnt from, so that trials which end out of order change nothing later.
 */
import type { SamplerConfig } from '../../../config/search/samplers';
import type { Direction } from '../../../config/search/search';
import { LatheError } from '../../../base/errors';
import { randomStream, type RandomStream } from '../../../base/random';
import type { Json, TrialRow } from '../../../store/study';
import { drawUniform, type Space } from '../../space/space';
import { fillJointly } from '../joint';
import { bestFirst, isFinished } from '../order';
import type { Sampler, StudyView } from '../sampler';
import { fromUnit, isNumeric, toUnit, type NumericParameter } from '../unit';
import { defaultPopulation, Evolution, type Solution } from './evolution';

type Settings = Extract<SamplerConfig, { name: 'cmaes' }>;

/** The first standard deviation, as a share of the range. */
const DEFAULT_SIGMA = 1 / 6;

/** After so many draws that missed the constraints, coordinates are drawn uniformly. */
const MAX_CONSTRAINED_DRAWS = 1000;

/** What a trial notes under `cmaes`. */
interface Note {
  generation: number;
  solution: Solution;
  /** Of the first trial of a generation: numbers of the trials that the generation before it was told by. */
  told: number[] | null;
}

/** A trial with what it noted. */
interface Member {
  trial: TrialRow;
  solution: Solution;
}

/** A generation in the trials of a study. */
interface Generation {
  members: Member[];
  /** The trials that the generation before was told by, where that was noted. */
  told: number[] | null;
}

/** What was worked out of a study so far. It holds while the trials that were told are the same. */
interface State {
  space: Space;
  start: readonly number[];
  evolution: Evolution;
  /** Trials that told each generation. */
  told: TrialRow[][];
}

/** The sampler CMA-ES. It throws a LatheError of kind `config` where a study has several objectives. */
export function cmaesSampler(settings: Settings): Sampler {
  let cached: State | null = null;
  return {
    suggest(study, number, fixed) {
      const { seed, space, directions, trials } = study;
      const direction = onlyDirection(directions);
      const random = randomStream(seed, 'cmaes', number);
      const moved = space.unconditional.filter(isNumeric);
      const seen = trials.filter(({ state }) => state === 'complete' || state === 'pruned').length;
      if (moved.length === 0 || seen < settings.n_startup_trials) {
        return { params: space.fill(({ distribution }) => drawUniform(distribution, random), fixed) };
      }

      const generations = generationsOf(trials, moved.length);
      const state = advance(cached, generations, study, direction, moved, settings);
      cached = state;
      // Where all is fixed nothing is drawn.
      let point = [...state.evolution.mean];
      let injected = false;
      const params = fillJointly(
        space,
        (attempt) => {
          injected = attempt >= MAX_CONSTRAINED_DRAWS;
          point = injected ? moved.map(() => random.uniform()) : drawInside(state.evolution, random, moved.length);
          return Object.fromEntries(moved.map((parameter, i) => [parameter.key, fromUnit(parameter, point[i])]));
        },
        ({ distribution }) => drawUniform(distribution, random),
        fixed,
      );
      for (const [i, parameter] of moved.entries()) {
        if (!(parameter.key in fixed)) continue;
        injected = true;
        point[i] = toUnit(parameter, fixed[parameter.key]) ?? point[i];
      }
      const generation = state.told.length;
      const note: Record<string, Json> = { generation, point };
      if (injected) note.injected = true;
      if (generation > 0 && !generations.get(generation)?.told) {
        note.told = state.told[generation - 1].map((trial) => trial.number);
      }
      return { params, attributes: { cmaes: note } };
    },
  };
}

/** The distribution that the trials of a study lead to, from what was worked out before as far as that still holds. */
function advance(
  cached: State | null,
  generations: ReadonlyMap<number, Generation>,
  { seed, space, trials }: StudyView,
  direction: Direction,
  moved: readonly NumericParameter[],
  settings: Settings,
): State {
  const population = settings.population ?? defaultPopulation(moved.length);
  const begin = (mean: readonly number[]): Evolution =>
    new Evolution({ mean, sigma: settings.sigma ?? DEFAULT_SIGMA, population, steps: moved.map(stepOf) });
  const told: Member[][] = [];
  for (let tellers = tellersOf(generations, 0, population); tellers;) {
    told.push(tellers);
    tellers = tellersOf(generations, told.length, population);
  }

  const start = startOf(trials, direction, moved);
  const state: State =
    cached && stillHolds(cached, space, start, told) ? cached : { space, start, evolution: begin(start), told: [] };
  for (const members of told.slice(state.told.length)) {
    const solutions = new Map(members.map(({ trial, solution }) => [trial, solution]));
    const ranked = bestFirst([...solutions.keys()], direction);
    state.evolution.tell(ranked.flatMap((trial) => solutions.get(trial) ?? []));
    state.told.push([...solutions.keys()]);
    if (state.evolution.isExhausted) {
      const random = randomStream(seed, 'cmaes', 'restart', state.told.length);
      state.evolution = begin(moved.map(() => random.uniform()));
    }
  }
  return state;
}

/** The trials that tell a generation: those that were noted, or else the first to be there; null while there are too few. */
function tellersOf(
  generations: ReadonlyMap<number, Generation>,
  generation: number,
  population: number,
): Member[] | null {
  const finished = generations.get(generation)?.members.filter(({ trial }) => isFinished(trial)) ?? [];
  const noted = generations.get(generation + 1)?.told;
  const recalled = noted ? finished.filter(({ trial }) => noted.includes(trial.number)) : [];
  const tellers = recalled.length === population ? recalled : finished.slice(0, population);
  return tellers.length === population ? tellers : null;
}

/** Whether the trials that a state learnt from are as they were. */
function stillHolds(state: State, space: Space, start: readonly number[], told: readonly Member[][]): boolean {
  if (state.space !== space || start.some((x, i) => x !== state.start[i])) return false;
  return state.told.every((rows, generation) =>
    rows.every((before, i) => {
      const now = told.at(generation)?.at(i)?.trial;
      // Rows are replaced when their runs are noted: their outcome stays the same object.
      return (
        now?.number === before.number &&
        now.state === before.state &&
        now.values === before.values &&
        now.violation === before.violation &&
        now.attributes === before.attributes
      );
    }),
  );
}

/** The best trial of a warm start, or the middle of the space. */
function startOf(trials: readonly TrialRow[], direction: Direction, moved: readonly NumericParameter[]): number[] {
  const warm = trials.filter(({ number, state }) => number < 0 && state === 'complete');
  for (const { params } of bestFirst(warm, direction)) {
    const point = moved.map((parameter) => toUnit(parameter, params[parameter.key]));
    if (point.every((x) => x !== null)) return point;
  }
  return moved.map(() => 0.5);
}

/** A draw inside the unit cube: drawn again while it is not, at last moved to the edge. */
function drawInside(evolution: Evolution, random: RandomStream, dimensions: number): number[] {
  for (let attempt = 0; attempt < 10 * dimensions; attempt++) {
    const point = evolution.draw(random);
    if (point.every((x) => x >= 0 && x <= 1)) return point;
  }
  return evolution.draw(random).map((x) => Math.min(1, Math.max(0, x)));
}

/** Distance between two values as coordinates; 0 where any value is possible, or steps have no one width. */
function stepOf({ distribution: { low, high, log, step } }: NumericParameter): number {
  return log || step === null ? 0 : step / (high - low + step);
}

function generationsOf(trials: readonly TrialRow[], dimensions: number): Map<number, Generation> {
  const generations = new Map<number, Generation>();
  for (const trial of trials) {
    // A trial of a warm start was drawn from another distribution.
    if (trial.number < 0) continue;
    const note = readNote(trial.attributes.cmaes, dimensions);
    if (!note) continue;
    let generation = generations.get(note.generation);
    if (!generation) generations.set(note.generation, (generation = { members: [], told: null }));
    generation.members.push({ trial, solution: note.solution });
    generation.told ??= note.told;
  }
  return generations;
}

/** What a trial noted; null where it noted nothing that fits. */
function readNote(note: Json | undefined, dimensions: number): Note | null {
  if (typeof note !== 'object' || note === null || Array.isArray(note)) return null;
  const { generation, point, injected, told } = note;
  if (typeof generation !== 'number' || !isNumbers(point) || point.length !== dimensions) return null;
  return { generation, solution: { point, injected: injected === true }, told: isNumbers(told) ? told : null };
}

const isNumbers = (json: Json | undefined): json is number[] =>
  Array.isArray(json) && json.every((item) => typeof item === 'number');

function onlyDirection(directions: readonly Direction[]): Direction {
  if (directions.length === 1) return directions[0];
  throw new LatheError(
    'config',
    `CMA-ES takes one objective, and the study has ${directions.length}: choose the sampler nsga2, tpe or random.`,
    { key: 'optimization.hyperparameter_search.sampler' },
  );
}
