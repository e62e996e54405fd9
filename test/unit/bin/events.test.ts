import { describe, expect, it } from 'vitest';
import { PASSED_ON, readEvent } from '../../../bin/events';

describe('events of the page', () => {
  it('become lines that name the run, with the newest value of every metric', () => {
    const event = readEvent({
      run_id: 'abc',
      type: 'progress',
      epoch: 1,
      step: 20,
      total_steps: 100,
      samples_per_second: 12.5,
      step_ms: Infinity,
      gpu_bytes: 4,
      eta_seconds: null,
      points: [
        { metric: 'train_loss', steps: [19, 20], values: [0.5, 0.25], times: [0, 1] },
        { metric: 'gradient_norm', steps: [20], values: [NaN], times: [1] },
      ],
    });
    expect(event).toEqual({
      event: 'progress',
      run_id: 'abc',
      epoch: 1,
      step: 20,
      total_steps: 100,
      loss: 0.25,
      metrics: { train_loss: 0.25, gradient_norm: null },
      samples_per_second: 12.5,
      step_ms: null,
      gpu_bytes: 4,
      eta_seconds: null,
    });
  });

  it('leave out what has no place in a line', () => {
    const event = readEvent({
      run_id: 'abc',
      type: 'evaluated',
      split: 'val',
      epoch: 1,
      step: 20,
      metrics: { accuracy: 0.5, loss: NaN },
      confusion: { labels: ['a'], matrix: [[1]] },
    });
    expect(event).toEqual({
      event: 'evaluated',
      run_id: 'abc',
      split: 'val',
      epoch: 1,
      step: 20,
      metrics: { accuracy: 0.5 },
    });
  });

  it('are refused when they are none', () => {
    expect(PASSED_ON).toContain('progress');
    expect(() => readEvent({ type: 'changed', noun: 'run', id: 'abc' })).toThrow();
    expect(() => readEvent({ type: 'log', message: 'no run' })).toThrow();
  });

  it('tell of a group and its room', () => {
    const signalling = { state: 'open', address: 'ws://127.0.0.1:1/signal', reason: null };
    const room = {
      run_id: 'abc',
      link: 'http://localhost/#/join/a.b',
      role: 'host',
      signalling,
      connected: 1,
      copy: null,
      examples: null,
    };
    expect(readEvent({ type: 'room', status: room })).toEqual({ event: 'room', ...room });
    const peer = { id: '0', member: 0, self: true, name: '', adapter: null, state: 'member', items: 4, late: 0 };
    const group = {
      phase: 'training',
      reason: null,
      world_size: 2,
      epoch: 3,
      committed: 40,
      peers: [{ ...peer, samples_per_second: NaN, round_trip_ms: null, sent: 1, received: 2 }],
      compression: 'float32',
      parts: null,
      communicating: 0.25,
      with_one_more_ms: Infinity,
      dropped: { stale: 2 },
      parameters_hash: 'ff',
    };
    expect(readEvent({ type: 'group', run_id: 'abc', status: group })).toEqual({
      event: 'group',
      run_id: 'abc',
      ...group,
      peers: [{ ...group.peers[0], samples_per_second: null }],
      with_one_more_ms: null,
    });
    expect(PASSED_ON).toEqual(expect.arrayContaining(['group', 'room']));
  });
});
