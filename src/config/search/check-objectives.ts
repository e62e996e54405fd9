/** Whether the objectives of a search are metrics that runs log, each in the direction in which it is better. */
import type { ConfigProblem } from '../explain';
import { direction as betterWay, objectiveMetrics } from '../metrics';
import { nearest } from '../nearest';
import type { RunConfig } from '../schema';

const KEY = 'optimization.hyperparameter_search';

/** Problems of the objectives. */
export function checkObjectives({ data, optimization }: RunConfig): ConfigProblem[] {
  const { objectives, metric, direction } = optimization.hyperparameter_search;
  const problems: ConfigProblem[] = [];
  const names = objectiveMetrics(data.task);
  const check = (prefix: string, objective: { metric: string; direction: string }): void => {
    if (!names.includes(objective.metric)) {
      problems.push(unlogged(`${prefix}.metric`, objective.metric, names, data.task));
      return;
    }
    const way = { min: 'minimize', max: 'maximize' }[betterWay(objective.metric) ?? 'min'];
    if (betterWay(objective.metric) !== null && objective.direction !== way) {
      problems.push({
        key: `${prefix}.direction`,
        message: `${prefix}.direction is ${objective.direction}, but ${way === 'maximize' ? 'more' : 'less'} is better of ${objective.metric}; did you mean ${way}?`,
      });
    }
  };
  if (objectives === null) {
    check(KEY, { metric, direction });
    return problems;
  }
  objectives.forEach((objective, i) => {
    const prefix = `${KEY}.objectives.${i}`;
    check(prefix, objective);
    if (objectives.slice(0, i).some((earlier) => earlier.metric === objective.metric)) {
      problems.push({
        key: `${prefix}.metric`,
        message: `${prefix}.metric is ${objective.metric}, which is an objective already. Name another metric, or remove it.`,
      });
    }
  });
  return problems;
}

function unlogged(key: string, metric: string, names: string[], task: string | null): ConfigProblem {
  const near = names.find((name) => name === `val_${metric}`) ?? nearest(metric, names) ?? longer(metric, names);
  const who = task === null ? 'no run logs it' : `no run of the task ${task} logs it`;
  return {
    key,
    message: `${key} is ${JSON.stringify(metric)}; ${who}${near ? `. Did you mean ${near}?` : `. There are ${names.join(', ')}.`}`,
  };
}

/** The metric that `metric` is short for: `val_acc`, or `acc` alone. */
const longer = (metric: string, names: string[]): string | undefined =>
  metric.length < 3 ? undefined : names.find((name) => name.startsWith(metric) || name.startsWith(`val_${metric}`));
