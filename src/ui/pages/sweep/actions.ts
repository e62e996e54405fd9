/** What can be done with a trial, from wherever it is shown. */
import { push } from 'svelte-spa-router';
import type { StudyRow, TrialRow } from '../../../store/study';
import { runHref, trainHref } from '../../routes';
import { encodeShared } from '../../share';
import type { Session } from '../../state/session.svelte';
import { attempt, say } from '../../state/toasts';

/** Whether trials of the study can run here: it has a config and data. One that came from a file has neither. */
export const canRun = (study: StudyRow): boolean => study.config !== null && study.dataset_id !== null;

/** Opens the form for a run with the settings of a trial. */
export async function trainWith({ workbench }: Session, study: StudyRow, number: number): Promise<void> {
  await attempt(async () => {
    const config = await workbench.studies.trialConfig(study.id, number);
    const name = `${study.name} ${number}`;
    await push(trainHref(study.dataset_id ?? '', encodeShared({ ...config, name })));
  });
}

/** Puts the config of a trial into the clipboard, as YAML. */
export async function copyYaml({ workbench }: Session, study: StudyRow, number: number): Promise<void> {
  await attempt(async () => {
    const config = await workbench.studies.trialConfig(study.id, number);
    await navigator.clipboard.writeText(await workbench.configs.toYaml(config));
    say(`Config of trial ${number} copied`);
  });
}

/** Ends a running trial. */
export async function pruneTrial({ workbench }: Session, study: StudyRow, number: number): Promise<void> {
  await attempt(() => workbench.studies.pruneTrial(study.id, number));
}

/** Link to the run of a trial; undefined for one that has none here: of one that trains elsewhere it comes at its end. */
export const trialHref = ({ run_ids, worker, state }: TrialRow): string | undefined =>
  run_ids.length > 0 && !(worker && state === 'running') ? runHref(run_ids[0]) : undefined;

/** Opens the run of a trial, or says why it has none. */
export async function openTrial(trial: TrialRow): Promise<void> {
  const href = trialHref(trial);
  if (href) await push(href);
  else if (trial.state === 'waiting') say(`Trial ${trial.number} has not begun yet.`);
  else if (trial.state === 'running') say(`Trial ${trial.number} trains elsewhere`, 'Its run comes here when it ends.');
  else say(`Trial ${trial.number} has no run here`, 'It came from a file, or its run was deleted.');
}
