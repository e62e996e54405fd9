/** The trials of a study: what is stored and what events tell meet without loss, at most one change a frame. */
import { expect, it, vi } from 'vitest';
import type { WorkbenchEvent } from '../../../../src/app/api';
import type { TrialRow } from '../../../../src/store/study';
import { StudyState } from '../../../../src/ui/state/study.svelte';
import { syntheticStudy } from '../../../helpers/synthetic-study';

const { trials } = syntheticStudy({ trials: 5 });
const changed = (number: number, steps: number): TrialRow => ({ ...trials[number], number, steps });

/** A study with these trials, handed out when `answer` is called. */
function open(rows: TrialRow[]): {
  state: StudyState;
  answer: () => void;
  tell: (trial: TrialRow, id?: string) => void;
} {
  let answer: () => void = () => undefined;
  const reading = new Promise<TrialRow[]>((resolve) => (answer = () => resolve(rows)));
  const listeners = new Set<(event: WorkbenchEvent) => void>();
  const state = new StudyState(
    {
      studies: { trials: () => reading },
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    'study',
  );
  return {
    state,
    answer,
    tell: (trial, id = 'study') => listeners.forEach((listen) => listen({ type: 'trial', study_id: id, trial })),
  };
}

it('what is told while the store is read replaces what was read', async () => {
  const { state, answer, tell } = open(trials);
  state.open();
  tell(changed(2, 999));
  expect(state.loaded).toBe(false);
  answer();
  await vi.waitFor(() => expect(state.loaded).toBe(true));
  expect(state.trials.map(({ steps }) => steps)).toEqual(trials.map(({ steps }, i) => (i === 2 ? 999 : steps)));
});

it('many events make one change, of the rows they name alone', async () => {
  const { state, answer, tell } = open(trials);
  state.open();
  answer();
  await vi.waitFor(() => expect(state.loaded).toBe(true));
  const before = state.trials;
  for (let steps = 1; steps <= 50; steps++) tell(changed(3, steps));
  expect(state.trials).toBe(before);
  await vi.waitFor(() => expect(state.trials).not.toBe(before));
  expect(state.trials[3].steps).toBe(50);
  expect(state.trials.filter((row, i) => row !== before[i])).toHaveLength(1);
});

it('new trials stand by number, whichever is heard first', async () => {
  const { state, answer, tell } = open(trials.slice(0, 2));
  state.open();
  answer();
  await vi.waitFor(() => expect(state.loaded).toBe(true));
  tell(trials[4]);
  tell(trials[2]);
  tell(trials[3]);
  await vi.waitFor(() => expect(state.trials).toHaveLength(5));
  expect(state.trials.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4]);
  expect(state.find(4)).toBe(trials[4]);
  expect(state.find(5)).toBeUndefined();
});

it('hears nothing of other studies, and nothing after it is closed', async () => {
  const { state, answer, tell } = open(trials);
  const close = state.open();
  answer();
  await vi.waitFor(() => expect(state.loaded).toBe(true));
  const before = state.trials;
  tell(changed(0, 1), 'another');
  close();
  tell(changed(0, 2));
  await new Promise(requestAnimationFrame);
  expect(state.trials).toBe(before);
});
