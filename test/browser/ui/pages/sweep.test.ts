/** The pages of studies as a user sees them, with studies of none, one, thirty and ten thousand trials. */
import { mount, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { RunRow } from '../../../../src/store/schema';
import type { StudyRow, TrialRow } from '../../../../src/store/study';
import Shell from '../../../../src/ui/shell/Shell.svelte';
import '../../../../src/ui/styles/base.css';
import '../../../../src/ui/styles/tokens.css';
import { decodeShared } from '../../../../src/ui/share';
import { preferences } from '../../../../src/ui/state/preferences.svelte';
import { memoryWorkbench, type MemoryContent, type MemoryWorkbench } from '../../../helpers/memory-workbench';
import { runRow } from '../../../helpers/run-row';
import { syntheticStudy } from '../../../helpers/synthetic-study';

let close: () => void = () => undefined;
const complaints: string[] = [];
const complain = ({ reason }: PromiseRejectionEvent): void => void complaints.push(String(reason));
const shout = ({ message }: ErrorEvent): void => void complaints.push(message);

/** Waits until `check` passes and gives what it gives. */
const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 15_000 });

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await Promise.all([
    import('../../../../src/ui/pages/sweep/Sweep.svelte'),
    import('../../../../src/ui/pages/sweeps/Sweeps.svelte'),
    import('../../../../src/ui/pages/run/Run.svelte'),
    import('../../../../src/ui/pages/runs/Runs.svelte'),
    import('../../../../src/ui/pages/train/Train.svelte'),
  ]);
});

beforeEach(async () => {
  // Tall enough for thirty rows.
  await page.viewport(1280, 1600);
  preferences.set('trialSort', { column: 'number', descending: true });
  preferences.set('hiddenTrialColumns', ['started']);
  complaints.length = 0;
  addEventListener('unhandledrejection', complain);
  addEventListener('error', shout);
});

afterEach(() => {
  close();
  removeEventListener('unhandledrejection', complain);
  removeEventListener('error', shout);
  expect(complaints).toEqual([]);
});

async function show(hash: string, content: MemoryContent): Promise<MemoryWorkbench> {
  location.hash = hash;
  const memory = await memoryWorkbench(content);
  const target = document.body.appendChild(document.createElement('div'));
  const app = mount(Shell, { target, props: { workbench: memory.workbench, watchForUpdate: () => undefined } });
  close = () => {
    void unmount(app);
    target.remove();
    close = () => undefined;
  };
  return memory;
}

const main = (): HTMLElement => document.querySelector('main')!;
const text = (): string => main().textContent.replaceAll(/\s+/g, ' ');
const rows = (): HTMLElement[] => [...main().querySelectorAll<HTMLElement>('[role="row"][aria-rowindex]')].slice(1);
const numbers = (): number[] =>
  rows().map((row) => Number(row.querySelectorAll('[role="cell"]')[1].textContent.match(/\d+/)?.[0]));

/** The layers of a chart: what is drawn, and what takes the pointer. */
async function chart(title: string): Promise<{ base: HTMLCanvasElement; top: HTMLCanvasElement }> {
  const figure = await until(() => {
    const found = [...main().querySelectorAll('figure')].find(
      (each) => each.querySelector('.title')?.textContent === title,
    );
    expect(found).toBeDefined();
    return found!;
  });
  figure.scrollIntoView({ block: 'center' });
  const [base, top] = figure.querySelectorAll('canvas');
  return { base, top };
}

/** Pixels of a canvas that are not empty. */
function painted(canvas: HTMLCanvasElement): number {
  const data = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
  return count;
}

function pointer(target: HTMLElement, type: string, share: [number, number]): void {
  const box = target.getBoundingClientRect();
  const [x, y] = [box.left + box.width * share[0], box.top + box.height * share[1]];
  target.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, bubbles: true, button: 0, pointerId: 1 }));
}

it('says which trial is best, and opens the form with its settings', async () => {
  const { study, trials } = syntheticStudy();
  await show('#/sweeps/study', { studies: [{ study, trials }] });
  await until(() => expect(text()).toContain(`Trial ${study.best!.number} is best: val_loss`));
  expect(text()).toContain('and optimizer');
  await page.getByRole('button', { name: 'Train with these' }).click();
  await until(() => expect(location.hash).toContain('#/train?dataset=digits'));
  const config = new URLSearchParams(location.hash.split('?')[1]).get('config')!;
  expect(decodeShared(config)).toMatchObject({ training: { epochs: 77 }, name: `digits sweep ${study.best!.number}` });
});

it('every view draws thirty trials', async () => {
  await show('#/sweeps/study', { studies: [syntheticStudy()] });
  for (const title of ['History', 'Intermediate values', 'Timeline', 'Distribution']) {
    const { base } = await chart(title);
    await until(() => expect(painted(base), title).toBeGreaterThan(300));
  }
});

it('a trial that is told of stands in the table at once', async () => {
  const { study, trials } = syntheticStudy({ trials: 12, planned: 30, status: 'running' });
  const { putTrial } = await show('#/sweeps/study?tab=trials', { studies: [{ study, trials }] });
  await until(() => expect(numbers()).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]));
  expect(rows()[0].textContent).toContain('running');
  putTrial({ ...trials[11], state: 'pruned', reason: 'Worse than the median.' });
  putTrial({ ...trials[11], number: 12, state: 'running' });
  await until(() => expect(numbers()[0]).toBe(12));
  expect(rows()[1].textContent).toContain('Worse than the median.');
});

it('the pill follows the study and not the runs of its trials; the list of runs has none of them', async () => {
  const { emit } = await show('#/runs', {
    studies: [syntheticStudy({ trials: 7, planned: 30, status: 'running', name: 'widths' })],
  });
  emit({
    type: 'progress',
    run_id: 'study-run-6',
    epoch: 1,
    step: 5,
    total_steps: 10,
    samples_per_second: 1,
    step_ms: 1,
    gpu_bytes: 0,
    eta_seconds: 3,
    points: [],
  });
  const pill = await until(() => {
    const found = document.querySelector('header a.pill');
    expect(found?.textContent).toContain('widths');
    return found!;
  });
  expect(pill.textContent).toContain('trial 7 of 30');
  expect(pill.textContent).not.toContain('+1');
  expect(pill.getAttribute('href')).toBe('#/sweeps/study');
  await until(() => expect(text()).toContain('No runs yet'));
});

it('ten thousand trials: few rows exist, all are sorted, searched and filtered', async () => {
  const { study, trials } = syntheticStudy({ trials: 10_000 });
  await show('#/sweeps/study?tab=trials', { studies: [{ study, trials }] });
  await until(() => expect(numbers()[0]).toBe(9999));
  expect(rows().length).toBeLessThan(80);
  await page.getByRole('button', { name: 'val_loss', exact: true }).click();
  await until(() => expect(numbers()[0]).toBe(study.best!.number));
  await page.getByRole('button', { name: /failed/ }).click();
  await until(() => expect(rows().every((row) => row.textContent.includes('failed'))).toBe(true));
  await page.getByRole('button', { name: /failed/ }).click();
  await userEvent.fill(page.getByRole('searchbox', { name: 'Search trials' }), '#1234 momentum');
  await until(() => expect(rows().length).toBeLessThan(2));
});

it('what a drag chooses in one chart is chosen in the table; Escape takes it back', async () => {
  await show('#/sweeps/study', { studies: [syntheticStudy()] });
  const { base, top } = await chart('History');
  await until(() => expect(painted(base)).toBeGreaterThan(300));
  pointer(top, 'pointerdown', [0.03, 0.02]);
  pointer(top, 'pointermove', [0.3, 0.5]);
  pointer(top, 'pointerup', [0.3, 0.95]);
  await until(() => expect(text()).toMatch(/\d of 30 trials chosen/));
  location.hash = '#/sweeps/study?tab=trials';
  await until(() => expect(numbers().length).toBeGreaterThan(2));
  expect(Math.max(...numbers())).toBeLessThan(10);
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
  await until(() => expect(numbers()).toHaveLength(30));
});

it('objectives that are no numbers break nothing, and the page says so', async () => {
  const { study, trials } = syntheticStudy({ trials: 6 });
  const broken = trials.map((trial): TrialRow => ({
    ...trial,
    state: 'failed',
    values: null,
    intermediate: { steps: [1, 2], values: [NaN, Infinity] },
    reason: 'Its objective is no number.',
  }));
  const row: StudyRow = {
    ...study,
    best: null,
    counts: { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 6 },
  };
  await show('#/sweeps/study', { studies: [{ study: row, trials: broken }] });
  await until(() => expect(text()).toContain('None of the 6 trials that ended is complete yet.'));
  await chart('History');
  await until(() => expect(text()).toContain('No trial has a value yet that can be drawn.'));
  location.hash = '#/sweeps/study?tab=trials';
  await until(() => expect(numbers()).toHaveLength(6));
});

it('a complete trial with NaN beside its number is neither best nor drawn', async () => {
  const { study, trials } = syntheticStudy({ trials: 8 });
  const odd = trials.map((trial): TrialRow =>
    trial.number === 0 ? { ...trial, state: 'complete', values: [NaN] } : trial,
  );
  await show('#/sweeps/study', { studies: [{ study, trials: odd }] });
  await until(() => expect(text()).toMatch(/Trial [1-7] is best/));
});

it('several objectives: the front in place of the best', async () => {
  await show('#/sweeps/study', { studies: [syntheticStudy({ trials: 40, objectives: 2 })] });
  await until(() => expect(text()).toMatch(/\d+ trials are on the front/));
  await page.getByRole('button', { name: /in every view/ }).click();
  await until(() => expect(text()).toMatch(/\d+ of 40 trials chosen/));
});

it('a study without trials says what to do; one that is not there leads back', async () => {
  const { study } = syntheticStudy({ trials: 0, status: 'paused' });
  await show('#/sweeps/study', { studies: [{ study, trials: [] }] });
  await until(() => expect(text()).toContain('resume the study to begin'));
  location.hash = '#/sweeps/gone';
  await until(() => expect(text()).toContain('This study is not in this browser'));
  location.hash = '#/sweeps';
  await until(() => expect(text()).toContain('digits sweep'));
});

it('a trial is enqueued with the values that were given; wrong ones are refused in their place', async () => {
  const { enqueued } = await show('#/sweeps/study', { studies: [syntheticStudy({ status: 'running', planned: 60 })] });
  await page.getByRole('button', { name: 'Enqueue' }).click();
  const dialog = page.getByRole('dialog');
  await userEvent.fill(dialog.getByLabelText('learning rate'), '5');
  await expect.element(dialog.getByText('A number from 1e-5 to 0.1.')).toBeVisible();
  await expect.element(dialog.getByRole('button', { name: 'Enqueue' })).toBeDisabled();
  await userEvent.fill(dialog.getByLabelText('learning rate'), '0.01');
  await userEvent.selectOptions(dialog.getByLabelText('optimizer'), 'lion');
  await dialog.getByRole('button', { name: 'Enqueue' }).click();
  await until(() =>
    expect(enqueued).toEqual([{ 'training.optimizer.learning_rate': 0.01, 'training.optimizer.name': 'lion' }]),
  );
});

it('only what differs between the chosen trials is compared', async () => {
  const { study, trials } = syntheticStudy({ trials: 4 });
  const alike = trials.map((trial): TrialRow => ({
    ...trial,
    params: { ...trials[0].params, 'model.dropout': trial.number / 20 },
  }));
  await show('#/sweeps/study?tab=trials', { studies: [{ study, trials: alike }] });
  await until(() => expect(numbers()).toHaveLength(4));
  await page.getByRole('checkbox', { name: 'Choose trial 1' }).click();
  await page.getByRole('checkbox', { name: 'Choose trial 3' }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  const table = await until(() => {
    const found = main().querySelector('section[aria-label="Compare"] table');
    expect(found).not.toBeNull();
    return found!;
  });
  const heads = [...table.querySelectorAll('tbody th')].map(({ textContent }) => textContent);
  expect(heads).toEqual(['State', 'val_loss', 'dropout']);
});

it('the run of a trial is opened by its address and leads back to its study', async () => {
  const { study, trials } = syntheticStudy();
  const run = runOf(study, trials[12]);
  await show(`#/runs/${run.id}`, { studies: [{ study, trials }], runs: [run] });
  const link = await until(() => {
    const found = [...main().querySelectorAll('a')].find(({ textContent }) => textContent.includes('Trial 12'));
    expect(found).toBeDefined();
    return found!;
  });
  expect(link.textContent).toContain('Trial 12 of digits sweep');
  expect(link.getAttribute('href')).toBe('#/sweeps/study');
});

function runOf(study: StudyRow, trial: TrialRow): RunRow {
  return runRow(trial.run_ids[0], {
    name: `${study.name} ${trial.number}`,
    created: study.created,
    updated: study.updated,
    status: 'finished',
    config: study.config!,
    study_id: study.id,
    trial: trial.number,
    epoch: 20,
    step: 260,
    total_steps: 260,
    seconds: 3,
  });
}

it('tells who trains its trials where others do', async () => {
  const { study, trials } = syntheticStudy({ trials: 6, status: 'running', planned: 9 });
  const ada = { id: '00000000000000ad', name: 'Ada', adapter: 'nvidia ampere' };
  const shared = trials.map((trial, i) => (i % 2 === 0 ? trial : { ...trial, worker: ada }));
  const room = {
    run_id: null,
    study_id: study.id,
    link: `${location.href.split('#')[0]}#/join/${'A'.repeat(22)}.${'B'.repeat(22)}`,
    role: 'host' as const,
    signalling: { state: 'open' as const, address: null, reason: null },
    connected: 1,
    copy: null,
    examples: null,
  };
  const working = { ...ada, state: 'working' as const, slots: 1, trials: [7], done: 3, reason: null };
  const memory = await show(`#/sweeps/${study.id}?tab=peers`, {
    studies: [{ study: { ...study, group: { room: 'room', role: 'host' } }, trials: shared }],
    peers: { crew: async () => ({ room, members: [working] }) },
  });
  await expect.element(page.getByRole('textbox', { name: 'Link to join' })).toHaveValue(room.link);
  await expect.element(page.getByRole('row', { name: /Ada.*working.*trial 7.*2/ })).toBeVisible();
  await expect.element(page.getByRole('row', { name: /This browser/ })).toBeVisible();
  memory.emit({ type: 'crew', study_id: study.id, members: [{ ...working, state: 'lost', slots: 0, trials: [] }] });
  await expect.element(page.getByRole('row', { name: /Ada.*lost/ })).toBeVisible();
  location.hash = `#/sweeps/${study.id}?tab=trials`;
  await expect.element(page.getByRole('columnheader', { name: 'Trained by' })).toBeVisible();
});
