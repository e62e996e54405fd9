import { describe, expect, it } from 'vitest';
import { etaOfStudy, parametersInWords, shortNames, showParameter, studyShare, valueOf } from '../../../src/ui/studies';
import { syntheticStudy } from '../../helpers/synthetic-study';

describe('names of parameters', () => {
  it('are the last part of the key that says something', () => {
    const names = shortNames(['training.optimizer.learning_rate', 'training.optimizer.name', 'model.hidden.0']);
    expect([...names.values()]).toEqual(['learning rate', 'optimizer', 'hidden[0]']);
  });

  it('are longer where two would be the same', () => {
    const names = shortNames(['model.dropout', 'head.dropout', 'training.epochs']);
    expect([...names.values()]).toEqual(['model dropout', 'head dropout', 'epochs']);
  });
});

it('parameters in words', () => {
  expect(parametersInWords({ 'a.learning_rate': 0.0031234, 'a.width': 96, 'a.optimizer.name': 'adamw' })).toBe(
    'learning rate 0.00312, width 96 and optimizer adamw',
  );
  expect(parametersInWords({ 'a.width': 96 })).toBe('width 96');
  expect(showParameter([16, 32])).toBe('[16,32]');
  expect(showParameter(null)).toBe('none');
});

describe('time left', () => {
  const { study } = syntheticStudy({ trials: 11, planned: 30, status: 'running' });
  const running = { ...study, seconds: 100, counts: { waiting: 0, running: 1, complete: 8, pruned: 2, failed: 0 } };

  it('is what trials cost so far for those that are missing', () => {
    expect(etaOfStudy(running)).toBeCloseTo((100 / 10) * 20);
  });

  it('is no longer than the time limit, and unknown for what does not run', () => {
    const config = structuredClone(study.config)!;
    config.optimization.hyperparameter_search.timeout_minutes = 2;
    expect(etaOfStudy({ ...running, config })).toBeCloseTo(20);
    expect(etaOfStudy({ ...running, status: 'paused' })).toBeNull();
    expect(etaOfStudy({ ...running, counts: { ...running.counts, complete: 0, pruned: 0 } })).toBeNull();
  });

  it('a running trial counts as far as it is', () => {
    expect(studyShare(running, [0.5])).toBeCloseTo(10.5 / 30);
  });
});

it('the value of a trial is its own, or of one that runs its last report; never NaN', () => {
  const [trial] = syntheticStudy({ trials: 1 }).trials;
  expect(valueOf({ ...trial, values: [3] }, 0)).toBe(3);
  expect(valueOf({ ...trial, values: null, intermediate: { steps: [1, 2], values: [5, 4] } }, 0)).toBe(4);
  expect(valueOf({ ...trial, values: null, intermediate: { steps: [1], values: [5] } }, 1)).toBeNull();
  expect(valueOf({ ...trial, values: [NaN] }, 0)).toBeNull();
});
