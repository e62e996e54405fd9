/**
 * A Gaussian process as a sampler: it fits one to the parameters that every trial has and takes the point with the largest
 * logarithm of the expected improvement. What is only searched under a condition is drawn at random. Running trials count as
 * average ones, so that others look elsewhere (the constant liar of Ginsbourger et al. 2010).
 */
import type { SamplerConfig } from '../../../config/search/samplers';
import { randomStream, type RandomStream } from '../../../base/random';
import type { Json, TrialParams, TrialRow } from '../../../store/study';
import { drawUniform, type Space } from '../../space/space';
import { fillJointly } from '../joint';
import type { Sampler } from '../sampler';
import { axisOf, type Axis } from './axis';
import { outcomesOf, standardised, type Outcome } from './outcomes';
import { fitKernel, GaussianProcess, kernelOf, plainKernel } from './regression';
import { mostPromising } from './search';

type Settings = Extract<SamplerConfig, { name: 'gp' }>;

/**
 * Trials that the process is made of, whose cost grows with the cube of this: of more, the better half is that of the best
 * and the rest the latest.
 */
const MAX_TRIALS = 200;

/** With more trials the kernel is only looked for near the latest: it hardly moves any more. */
const MAX_SECOND_STARTS = 100;

/** Random points that are looked at for a suggestion. */
const CANDIDATES = 1024;

/** A trial with its coordinates. */
interface Placed extends Outcome {
  point: Float64Array;
}

/** The sampler of Gaussian processes. */
export function gpSampler(settings: Settings): Sampler {
  return {
    suggest({ seed, space, directions, trials }, number, fixed) {
      const random = randomStream(seed, 'gp', number);
      const draw = (): TrialParams => space.fill(({ distribution }) => drawUniform(distribution, random), fixed);
      const axes = space.unconditional.flatMap((parameter) => axisOf(parameter) ?? []);
      const seen = outcomesOf(trials, directions, random).flatMap((outcome) => place(outcome, axes));
      const complete = seen.filter(({ counts }) => counts).length;
      const isMovable = axes.every(({ key, encode }) => !(key in fixed) || encode(fixed[key]) !== null);
      if (axes.length === 0 || complete === 0 || complete < settings.n_startup_trials || !isMovable) {
        return { params: draw() };
      }

      const known = mostTelling(seen);
      const isChoice = axes.map((axis) => axis.isChoice);
      const points = known.map(({ point }) => point);
      const values = standardised(known.map(({ loss }) => loss));
      const best = known.reduce((least, { counts }, i) => (counts ? Math.min(least, values[i]) : least), Infinity);
      const latest = latestKernel(trials, axes.length);
      const plain = plainKernel(axes.length);
      const starts = latest === null ? [plain] : known.length <= MAX_SECOND_STARTS ? [latest, plain] : [latest];
      const logarithms = fitKernel({ points, values, isChoice }, starts);

      const running = trials
        .filter(({ state }) => state === 'running')
        .flatMap(({ params }) => locate(params, axes) ?? []);
      const process = new GaussianProcess(
        {
          points: [...points, ...running],
          values: Float64Array.from([...values, ...running.map(() => 0)]),
          isChoice,
        },
        kernelOf(logarithms),
      );
      const held = new Set(axes.filter(({ key }) => key in fixed));
      const incumbent = known.reduce((a, b) => (b.counts && (!a.counts || b.loss < a.loss) ? b : a)).point;
      const ranked = mostPromising(
        {
          process,
          axes,
          held,
          best,
          candidates: Array.from({ length: CANDIDATES }, draw).flatMap((params) => locate(params, axes) ?? []),
          // What is held may lie elsewhere than with the best.
          starts: held.size > 0 ? [] : [incumbent],
          isAllowed: (point) => space.allows(decode(point, axes)),
        },
        random,
      );
      const params = fillFrom(
        untried(ranked, [...seen.map(({ point }) => point), ...running]),
        axes,
        space,
        random,
        fixed,
      );
      const note: Record<string, Json> = { kernel: logarithms };
      return { params, attributes: { gp: note } };
    },
  };
}

/** The coordinates of a trial; null where the space has another value for one. */
function locate(params: TrialParams, axes: readonly Axis[]): Float64Array | null {
  const point = axes.map(({ key, encode }) => encode(params[key]));
  return point.every((coordinate) => coordinate !== null) ? Float64Array.from(point) : null;
}

function place(outcome: Outcome, axes: readonly Axis[]): Placed[] {
  const point = locate(outcome.trial.params, axes);
  return point ? [{ ...outcome, point }] : [];
}

const decode = (point: Float64Array, axes: readonly Axis[]): TrialParams =>
  Object.fromEntries(axes.map((axis, i) => [axis.key, axis.decode(point[i])]));

/** The trials that a process is made of, where there are too many for all. */
function mostTelling(seen: readonly Placed[]): readonly Placed[] {
  if (seen.length <= MAX_TRIALS) return seen;
  const sorted = [...seen].sort((a, b) => a.loss - b.loss || Number(b.counts) - Number(a.counts));
  const best = sorted.slice(0, MAX_TRIALS / 2);
  const isBest = new Set(best);
  return [...best, ...seen.filter((placed) => !isBest.has(placed)).slice(-MAX_TRIALS / 2)];
}

/** The kernel that the latest trial noted: the next one will be near. */
function latestKernel(trials: readonly TrialRow[], dimensions: number): number[] | null {
  for (let i = trials.length - 1; i >= 0 && trials[i].number >= 0; i--) {
    const note = trials[i].attributes.gp;
    if (typeof note !== 'object' || note === null || Array.isArray(note) || !Array.isArray(note.kernel)) continue;
    const kernel = note.kernel.filter((item) => typeof item === 'number');
    return kernel.length === dimensions + 2 ? kernel : null;
  }
  return null;
}

/** Points that no trial has been at: the same would teach little. All of them where there is no other. */
function untried(ranked: readonly Float64Array[], tried: readonly Float64Array[]): readonly Float64Array[] {
  const known = new Set(tried.map((point) => point.join()));
  const fresh = ranked.filter((point) => !known.has(point.join()));
  return fresh.length > 0 ? fresh : ranked;
}

/** The first of `ranked` that meets all constraints, with the values that it has no coordinates for drawn at random. */
function fillFrom(
  ranked: readonly Float64Array[],
  axes: readonly Axis[],
  space: Space,
  random: RandomStream,
  fixed: TrialParams,
): TrialParams {
  return fillJointly(
    space,
    (attempt) => decode(ranked[attempt % ranked.length], axes),
    ({ distribution }) => drawUniform(distribution, random),
    fixed,
  );
}
