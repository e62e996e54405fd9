/** What a study and its trials are called and how far they are: figures and words that several places show. */
import type { ParameterValue } from '../config/search/space';
import type { StudyRow, TrialParams, TrialRow, TrialWorker } from '../store/study';
import { formatNumber, formatSetting } from './format';
import { metricInfo } from './metrics';

/** Trials of a study, whatever became of them. */
export const trialsOf = ({ counts }: StudyRow): number =>
  counts.waiting + counts.running + counts.complete + counts.pruned + counts.failed;

/** Trials that ended. */
export const endedTrials = ({ counts }: StudyRow): number => counts.complete + counts.pruned + counts.failed;

/** Trials that the study shall have; null where nobody said so (it came from a file). */
export const plannedTrials = ({ config }: StudyRow): number | null =>
  config?.optimization.hyperparameter_search.n_trials ?? null;

/** How far a study is, 0 to 1; null where it has no end. `running`: the share done of each trial that runs. */
export function studyShare(study: StudyRow, running: readonly number[] = []): number | null {
  const planned = plannedTrials(study);
  if (planned === null) return null;
  return Math.min(1, (endedTrials(study) + running.reduce((sum, share) => sum + share, 0)) / planned);
}

/**
 * Seconds until the study is through if trials go on costing what they cost so far, and no longer than its time limit;
 * null while nothing tells.
 */
export function etaOfStudy(study: StudyRow): number | null {
  const planned = plannedTrials(study);
  const ended = endedTrials(study);
  if (study.status !== 'running' || planned === null || study.config === null) return null;
  const limit = study.config.optimization.hyperparameter_search.timeout_minutes;
  const left = limit === null ? Infinity : Math.max(0, limit * 60 - study.seconds);
  const byTrials = ended > 0 ? (study.seconds / ended) * Math.max(0, planned - ended) : Infinity;
  const eta = Math.min(left, byTrials);
  return Number.isFinite(eta) ? eta : null;
}

/** What people call a browser that trains trials. */
export const workerName = ({ name, id }: TrialWorker): string => name.trim() || `Peer ${id.slice(0, 4)}`;

const SAMPLERS: Record<string, string> = {
  tpe: 'TPE',
  random: 'Random',
  grid: 'Grid',
  qmc: 'QMC (Sobol)',
  cmaes: 'CMA-ES',
  nsga2: 'NSGA-II',
  gp: 'Gaussian process',
};

const PRUNERS: Record<string, string> = { none: 'no pruning', successive_halving: 'successive halving' };

/** The sampler of a study in words; null where it is not known. */
export function samplerTitle({ config }: StudyRow): string | null {
  const name = config?.optimization.hyperparameter_search.sampler.name;
  return name === undefined ? null : (SAMPLERS[name] ?? name);
}

/** The pruner of a study in words; null where it is not known. */
export function prunerTitle({ config }: StudyRow): string | null {
  const name = config?.optimization.hyperparameter_search.pruner.name;
  if (name === undefined) return null;
  return PRUNERS[name] ?? `${name} pruning`;
}

/**
 * Short names for keys of the config: the last part that says something (`training.optimizer.name` is “optimizer”), and
 * more of the key where two would be called the same.
 */
export function shortNames(keys: readonly string[]): Map<string, string> {
  const parts = new Map(keys.map((key) => [key, significant(key)]));
  const names = new Map<string, string>();
  for (const key of keys) {
    const own = parts.get(key) ?? [key];
    let length = 1;
    const nameOf = (path: string[]): string => path.slice(-length).join(' ');
    const clashes = (): boolean =>
      keys.some((other) => other !== key && nameOf(parts.get(other) ?? [other]) === nameOf(own));
    while (length < own.length && clashes()) length++;
    names.set(key, nameOf(own));
  }
  return names;
}

/** `model.hidden.0` → model, hidden[0]; `training.optimizer.name` → training, optimizer. */
function significant(key: string): string[] {
  const words: string[] = [];
  for (const part of key.split('.')) {
    if (/^\d+$/.test(part) && words.length > 0) words[words.length - 1] += `[${part}]`;
    else words.push(part.replaceAll('_', ' '));
  }
  return words.length > 1 && words.at(-1) === 'name' ? words.slice(0, -1) : words;
}

/** A parameter’s value as people read it: measured numbers shortened, lists as JSON. */
export function showParameter(value: ParameterValue | undefined): string {
  if (value === undefined) return '–';
  if (value === null) return 'none';
  if (typeof value === 'number') return Number.isInteger(value) ? formatSetting(value) : formatNumber(value, 3);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** “learning rate 0.0031, width 96 and optimizer adamw”. */
export function parametersInWords(params: TrialParams): string {
  const names = shortNames(Object.keys(params));
  const pairs = Object.entries(params).map(([key, value]) => `${names.get(key) ?? key} ${showParameter(value)}`);
  return pairs.length > 1 ? `${pairs.slice(0, -1).join(', ')} and ${pairs[pairs.length - 1]}` : pairs.join('');
}

/** “val_loss 0.213, val_accuracy 97.1 %”: objectives by the names that the config gives them. */
export const valuesInWords = ({ objectives }: StudyRow, values: readonly number[]): string =>
  objectives.map(({ metric }, index) => `${metric} ${metricInfo(metric).format(values[index])}`).join(', ');

/** Optimizer steps or folds: what intermediate values are counted in. */
export const resourceOf = ({ config }: StudyRow): 'epoch' | 'fold' =>
  config?.optimization.hyperparameter_search.folds ? 'fold' : 'epoch';

/** Whether `a` is better than `b` by an objective of the study. */
export const betterBy = (study: StudyRow, objective: number, a: number, b: number): boolean =>
  study.objectives[objective]?.direction === 'maximize' ? a > b : a < b;

/** The value of a trial for an objective: its own, or of a running one its last report. Null where there is none that can be drawn. */
export function valueOf(trial: TrialRow, objective: number): number | null {
  const value = trial.values?.[objective] ?? (objective === 0 ? trial.intermediate.values.at(-1) : undefined);
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** A trial that can be called best: complete, within the constraints. */
export const isFeasible = (trial: TrialRow): boolean => trial.state === 'complete' && trial.violation <= 0;
