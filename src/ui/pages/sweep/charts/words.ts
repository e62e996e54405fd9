/** What charts say to those who do not see them. */
import { plural } from '../../../format';
import { valueText } from './labels';
import type { Axis, TrialTable } from './table';

/** The best trial by an objective in words: `Best: trial 12 with val_loss 0.031 (learning_rate 0.001, …).` */
export function bestInWords(table: TrialTable, objective: Axis): string {
  let best = -1;
  for (let row = 0; row < table.size; row++) {
    if (table.feasible[row] === 0) continue;
    const better =
      best < 0 ||
      (objective.direction === 'maximize'
        ? objective.values[row] > objective.values[best]
        : objective.values[row] < objective.values[best]);
    if (better) best = row;
  }
  if (best < 0) return 'No trial is complete yet.';
  const { number, params } = table.trials[best];
  const settings = table.parameters
    .filter(({ key }) => key in params)
    .map(({ key, label }) => `${label} ${valueText(params[key])}`)
    .join(', ');
  const value = `${objective.label} ${objective.scale.format(objective.values[best])}`;
  return `Best: trial ${number} with ${value}${settings === '' ? '' : ` (${settings})`}.`;
}

/** How many trials are drawn, and how many of them are chosen. */
export function trialsInWords(size: number, brushed: ReadonlySet<number> | null): string {
  return brushed ? `${plural(size, 'trial')}, ${brushed.size} of them chosen` : plural(size, 'trial');
}
