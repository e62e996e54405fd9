/** The search space of a study that comes from an Optuna journal, in which every trial has ranges of its own. */
import * as v from 'valibot';
import { searchSpace, type ParameterSpec, type ParameterValue, type SearchSpace } from '../../config/search/space';
import type { Notice } from '../../store/schema';
import { distributionOf, fromInternal } from '../space/distribution';
import { Space } from '../space/space';
import { SYSTEM } from './optuna-codes';
import { distributionToJson, widen } from './optuna-distribution';
import type { OptunaParameter, OptunaStudy } from './optuna-replay';

/** The space that holds the ranges of all trials, and what their values are in it. */
export interface OptunaSpace {
  space: SearchSpace;
  /** The value of a trial's parameter; undefined where it is a number and the space has choices, or the reverse. */
  valueOf: (key: string, parameter: OptunaParameter) => ParameterValue | undefined;
  notices: Notice[];
}

/**
 * Joins the ranges of the trials. A parameter that we wrote and nobody changed since has the range that the study kept
 * beside it, which has its condition, and lists among its choices.
 */
export function spaceOf(study: OptunaStudy): OptunaSpace {
  const ours = ownSpace(study);
  const ourJson = new Map(Object.entries(ours).map(([key, spec]) => [key, distributionToJson(spec)]));
  const space: SearchSpace = { ...ours };
  const notices: Notice[] = [];
  for (const [key, ranges] of rangesOf(study)) {
    const [[json, first], ...others] = ranges;
    if (others.length === 0 && json === ourJson.get(key)) continue;
    let joined = first;
    let fits = true;
    for (const [, spec] of others) {
      const both = widen(joined, spec);
      joined = both ?? joined;
      fits &&= both !== null;
    }
    space[key] = joined;
    if (!fits) {
      notices.push({
        level: 'warning',
        message: `${key} is a number in some trials and a choice in others. Where it differs from the first, it was left out.`,
      });
    }
  }
  const sound = withSoundConditions(space);
  return {
    space: sound,
    valueOf: (key, { spec, json, internal }) => {
      if (json === ourJson.get(key)) return fromInternal(distributionOf(ours[key]), internal);
      return isChoice(spec) === isChoice(sound[key]) ? fromInternal(distributionOf(spec), internal) : undefined;
    },
    notices,
  };
}

const isChoice = ({ type }: ParameterSpec): boolean => type === 'categorical' || type === 'bool';

/** The different ranges of each parameter, by their text. */
function rangesOf(study: OptunaStudy): Map<string, Map<string, ParameterSpec>> {
  const ranges = new Map<string, Map<string, ParameterSpec>>();
  for (const { params } of study.trials) {
    for (const [key, { spec, json }] of params) {
      const known = ranges.get(key);
      if (known) known.set(json, spec);
      else ranges.set(key, new Map([[json, spec]]));
    }
  }
  return ranges;
}

function ownSpace({ system }: OptunaStudy): SearchSpace {
  const result = v.safeParse(searchSpace, system[SYSTEM.space]);
  return result.success ? result.output : {};
}

/** Conditions may name what the file has not: then it has none. */
function withSoundConditions(space: SearchSpace): SearchSpace {
  try {
    new Space(space);
    return space;
  } catch {
    return Object.fromEntries(Object.entries(space).map(([key, spec]) => [key, { ...spec, when: null }]));
  }
}
