/** The head of a report: what was searched, how, and what came out, in words. */
import { formatCount, formatDuration, formatNumber, plural } from '../../../base/format';
import type { Objective, TrialState } from '../../../store/study';
import { stepsSavedByPruning } from '../../views/steps-saved';
import { formatValue, type ReportContent } from './content';
import { html, type Markup } from './html';

/** The head of a report. */
export function summary(content: ReportContent): Markup {
  const { study } = content;
  return html`<header>
    <h1>${study.name}</h1>
    <p class="lead">${verdict(content)}</p>
    ${study.tags.length > 0 && html`<p class="tags">${study.tags.join(' · ')}</p>`}
    ${study.notes !== '' && html`<p class="notes">${study.notes}</p>`}
    <dl>
      ${facts(content).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div> `,
      )}
    </dl>
    ${study.notices.map(({ message }) => html`<p class="quiet">${message}</p>`)}
  </header>`;
}

const goal = ({ metric, direction }: Objective): string =>
  `the ${direction === 'minimize' ? 'lowest' : 'highest'} ${metric}`;

function verdict({ study, trials, best, front, keys }: ReportContent): string {
  const searched = `${plural(trials.length, 'trial')} searched ${plural(keys.length, 'parameter')} for ${study.objectives.map(goal).join(' and ')}${study.dataset_name === null ? '' : ` on ${study.dataset_name}`}.`;
  if (front.length === 0) return `${searched} None of them is complete.`;
  if (!best?.values) {
    return `${searched} ${plural(front.length, 'trial is', 'trials are')} on the Pareto front: no other is better in one objective without being worse in another.`;
  }
  const [{ metric }] = study.objectives;
  const complete = trials
    .flatMap(({ state, values }) => (state === 'complete' && values ? values[0] : []))
    .sort((a, b) => a - b);
  const median = complete[complete.length >> 1];
  return `${searched} The best is trial ${best.number}, with a ${metric} of ${formatNumber(best.values[0])}; the median of the complete trials is ${formatNumber(median)}.`;
}

function facts(content: ReportContent): [string, string][] {
  const { study, trials } = content;
  const search = study.config?.optimization.hyperparameter_search ?? null;
  const saved = stepsSavedByPruning(trials);
  return [
    [
      study.objectives.length > 1 ? 'Objectives' : 'Objective',
      study.objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', '),
    ],
    ['Dataset', study.dataset_name ?? 'not known'],
    ['Sampler', search ? settings(search.sampler) : 'not known: it came from a file'],
    ['Pruner', search ? settings(search.pruner) : 'not known: it came from a file'],
    ['Trials', states(trials)],
    ['Time spent', formatDuration(study.seconds)],
    ['Steps spent', study.steps > 0 ? formatCount(study.steps) : 'not known'],
    ...(saved === null
      ? []
      : [['Steps saved by pruning', `about ${formatCount(saved)}, ${share(saved, study.steps)}`] as [string, string]]),
    ...(study.warm_start
      ? [['Learnt from', `${study.warm_start.name}, ${plural(study.warm_start.trials, 'trial')}`] as [string, string]]
      : []),
    ['Began', date(study.created)],
  ];
}

const share = (saved: number, spent: number): string =>
  spent > 0 ? `${Math.round((100 * saved) / (saved + spent))} % of what they would have cost` : '';

const STATES: readonly TrialState[] = ['complete', 'pruned', 'failed', 'running', 'waiting'];

function states(trials: ReportContent['trials']): string {
  const parts = STATES.flatMap((state) => {
    const count = trials.filter((trial) => trial.state === state).length;
    return count > 0 ? [`${formatCount(count)} ${state}`] : [];
  });
  return parts.length > 0 ? parts.join(', ') : 'none';
}

/** `tpe, n_startup_trials 5`: the name, then what is not null or switched off. */
function settings({ name, ...others }: { name: string; [key: string]: unknown }): string {
  return [
    name,
    ...Object.entries(others).flatMap(([key, value]) => {
      if (value === null || value === false) return [];
      if (value === true) return [key];
      return typeof value === 'number' || typeof value === 'string' ? [`${key} ${formatValue(value)}`] : [];
    }),
  ].join(', ');
}

/** A point in time for readers anywhere. */
const date = (at: number): string =>
  `${new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })} UTC`;
