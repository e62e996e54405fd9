/** Decisions held against Optuna 5.0's: `reference/decisions.py` makes the studies and says how they are written. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { pruners } from '../../../../src/config/search/pruners';
import { DIRECTIONS } from '../../../../src/config/search/search';
import { createPruner } from '../../../../src/sweeps/pruners/registry';
import { randomSampler } from '../../../../src/sweeps/samplers/random';
import { Space } from '../../../../src/sweeps/space/space';
import { Study } from '../../../../src/sweeps/study';

const reference = v.parse(
  v.array(
    v.strictObject({
      pruner: pruners,
      name: v.string(),
      direction: v.picklist(DIRECTIONS),
      steps: v.number(),
      events: v.string(),
    }),
  ),
  JSON.parse(readFileSync(`${import.meta.dirname}/reference/decisions.json`, 'utf8')),
);

/** Goes through a study as it happened, and gives the events as our pruner would have written them. */
function replay({ pruner, name, direction, steps, events }: (typeof reference)[number]): string {
  const study = new Study({
    id: 'study',
    name,
    seed: 0,
    directions: [direction],
    space: new Space({}),
    sampler: randomSampler(),
    pruner: createPruner(pruner),
    nTrials: null,
    maxResource: steps,
  });
  const ours = events.split(' ').map((event) => {
    const [, digits, step, value, failure, pruned] = /^(\d+)(?::(\d+))?(?:=([^!]+)|(x))(!?)$/.exec(event) ?? [];
    const number = Number(digits);
    while (study.trials.length <= number) study.ask(0);
    if (failure) study.tell(number, { state: 'failed', reason: 'It failed.' }, 0);
    else if (!step) study.tell(number, { state: 'complete', values: [Number(value)] }, 0);
    else {
      const why = study.report(number, Number(step), Number(value));
      // What follows is what happened in the reference, so that one difference is not counted twice.
      if (pruned) study.tell(number, { state: 'pruned', reason: why ?? '' }, 0);
      return `${number}:${step}=${value}${why === null ? '' : '!'}`;
    }
    return event;
  });
  return ours.join(' ');
}

describe.each([...new Set(reference.map(({ pruner }) => pruner.name))])('the pruner %s', (name) => {
  const studies = reference.filter(({ pruner }) => pruner.name === name);

  it.each(studies)('decides as Optuna does: $pruner, $direction', (study) => {
    const ours = replay(study).split(' ');
    const theirs = study.events.split(' ');
    expect(ours.filter((event, i) => event !== theirs[i])).toEqual([]);
  });

  it('was asked hundreds of times, and ended trials and let them go on', () => {
    const reports = studies.flatMap(({ events }) => events.split(' ').filter((event) => event.includes(':')));
    const ended = reports.filter((event) => event.endsWith('!')).length;
    expect(reports.length).toBeGreaterThan(500);
    expect(ended).toBeGreaterThan(50);
    expect(ended).toBeLessThan(reports.length / 2);
  });
});
