/**
 * Who survives and who has children: Deb, Pratap, Agarwal & Meyarivan 2002, “A fast and elitist multiobjective genetic
 * algorithm: NSGA-II”.
 */
import type { Direction } from '../../../config/search/search';
import type { RandomStream } from '../../../base/random';
import type { TrialRow } from '../../../store/study';
import { crowdingDistances, nonDominatedRanks } from '../../pareto';
import { lossesOf } from '../order';

/** A complete trial in its population. */
export interface Individual {
  trial: TrialRow;
  /** Its front, from 0. Trials that violate constraints come after all that do not, those that violate them more later. */
  rank: number;
  /** How far its neighbours on the front are away. */
  crowding: number;
}

/** The best `size` of the complete trials: front after front, of the last that fits in part those with most room around. */
export function survivors(trials: readonly TrialRow[], directions: readonly Direction[], size: number): TrialRow[] {
  const individuals = judge(trials, directions);
  individuals.sort((a, b) => a.rank - b.rank || compare(b.crowding, a.crowding) || a.trial.number - b.trial.number);
  return individuals.slice(0, size).map(({ trial }) => trial);
}

/** One of two drawn at random: that of the better front, or else that with more room around. */
export function tournament(population: readonly Individual[], random: RandomStream): Individual {
  const [a, b] = [random, random].map((stream) => population[stream.integer(population.length)]);
  return a.rank < b.rank || (a.rank === b.rank && a.crowding >= b.crowding) ? a : b;
}

/** The complete trials among `trials`, each by its place among them. */
export function judge(trials: readonly TrialRow[], directions: readonly Direction[]): Individual[] {
  const known = trials.flatMap((trial) => {
    const point = lossesOf(trial, directions);
    return point ? [{ trial, point }] : [];
  });
  const feasible = known.filter(({ trial }) => !(trial.violation > 0));
  const ranks = nonDominatedRanks(feasible.map(({ point }) => point));
  const fronts: (typeof feasible)[] = [];
  for (const [i, individual] of feasible.entries()) (fronts[ranks[i]] ??= []).push(individual);
  const individuals = fronts.flatMap((front, rank) => {
    const distances = crowdingDistances(front.map(({ point }) => point));
    return front.map(({ trial }, i) => ({ trial, rank, crowding: distances[i] }));
  });
  const violating = known.filter(({ trial }) => trial.violation > 0);
  violating.sort((a, b) => a.trial.violation - b.trial.violation);
  for (const { trial } of violating) {
    const last = individuals.at(-1);
    const equal = last !== undefined && last.trial.violation === trial.violation;
    individuals.push({ trial, rank: equal ? last.rank : (last?.rank ?? -1) + 1, crowding: 0 });
  }
  return individuals;
}

/** Differences of infinities are no numbers. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
