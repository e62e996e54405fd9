/** What samplers find in a hundred trials, beside what Optuna's TPE found, and what their suggestions cost. */
import { table } from '../../bin/table';
import type { SamplerConfig } from '../../src/config/search/samplers';
import type { Benchmark } from '../benchmark';
import { mannWhitney, quartiles } from '../statistics';
import { FUNCTIONS, type Objective } from './functions';
import { measure, samplerNamed, suggestionCost, type SweepFigures } from './measure';
import { readObjective } from './objective-file';
import optuna from './optuna.json';

/** Samplers that are compared where none are named. */
const SAMPLERS = ['random', 'tpe', 'tpe_independent'];

/** Trials of a study of Optuna's. */
const OPTUNA_TRIALS = 100;

/** Chance of being wrong at which a sampler is said to be worse than Optuna's. */
const WORSE = 1e-3;

/** Finished trials at which the cost of a suggestion is measured. */
const FINISHED = [1_000, 10_000];

const HEAD = ['function', 'sampler', 'best', 'quartiles', 'Optuna', 'quartiles', 'p (worse)', 'ms'];

/** The benchmark. */
export const sweeps: Benchmark = {
  description: 'What samplers of sweeps find, beside Optuna, and what a suggestion costs',
  async run({ objective: file, samplers: names, seeds, trials }, say) {
    const objectives = file === null ? FUNCTIONS : [await readObjective(file)];
    const samplers = (names ?? SAMPLERS).map((name) => ({ name, settings: samplerNamed(name) }));
    const figures: SweepFigures[] = [];
    const rows: string[][] = [];
    const worse: string[] = [];
    for (const objective of objectives) {
      for (const { name, settings } of samplers) {
        say(`${objective.name}, ${name} …`);
        const found = await measure(objective, settings, seeds, trials);
        figures.push(found);
        const theirs = trials === OPTUNA_TRIALS && file === null ? optunaResults(objective.name, name) : null;
        const p = theirs && mannWhitney(values(found), theirs);
        if (p !== null && !(p > WORSE))
          worse.push(`${objective.name}: ${name} is worse than Optuna’s (p = ${digits(p)}).`);
        rows.push([
          objective.name,
          name,
          ...spread(values(found)),
          ...(theirs ? spread(theirs) : ['', '']),
          p === null ? '' : digits(p),
          found.suggest_ms.toFixed(3),
        ]);
      }
    }
    process.stdout.write(
      `The best of ${trials} trials: median and quartiles of ${seeds} seeds.\n\n${table(HEAD, rows)}\n`,
    );
    const costs = costsOf(objectives, samplers, say);
    if (costs) process.stdout.write(`\nMilliseconds of a suggestion, after so many finished trials.\n\n${costs}\n`);
    for (const line of worse) process.stdout.write(`\n${line}\n`);
    return { figures, complete: worse.length === 0 };
  },
};

/** What a suggestion of TPE costs later on, where TPE is among the samplers. */
function costsOf(
  objectives: readonly Objective[],
  samplers: readonly { name: string; settings: SamplerConfig }[],
  say: (line: string) => void,
): string | null {
  const rows: string[][] = [];
  for (const { name, settings } of samplers) {
    if (settings.name !== 'tpe') continue;
    for (const objective of objectives) {
      say(`${objective.name}, ${name}: cost …`);
      const costs = suggestionCost(objective, settings, FINISHED);
      rows.push([objective.name, name, ...costs.map((ms) => ms.toFixed(2))]);
    }
  }
  return rows.length > 0
    ? table(['function', 'sampler', ...FINISHED.map((count) => count.toLocaleString('en'))], rows)
    : null;
}

/** Best values of Optuna 5.0 with seeds 0 to 99, where it was run. */
function optunaResults(name: string, sampler: string): number[] | null {
  const results: Record<string, Record<string, number[]>> = optuna;
  return results[name]?.[sampler] ?? null;
}

/** Best values; a study without any is as bad as can be. */
const values = ({ best }: SweepFigures): number[] => best.map((value) => value ?? Infinity);

function spread(sample: number[]): [string, string] {
  const { median, q25, q75 } = quartiles(sample);
  return [digits(median), `${digits(q25)}–${digits(q75)}`];
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));
