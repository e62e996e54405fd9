/** Destinations and deliveries in words. */
import { describe, expect, it } from 'vitest';
import { destinationTitle, nextAttemptInWords, placeOf, sentInWords, settingsOf } from '../../../src/ui/deliveries';
import { TRACKERS } from '../../../src/tracking/registry';
import { deliveryOf, MLFLOW, WANDB } from '../../helpers/memory-tracking';

describe('a destination', () => {
  it('is called by its kind and its address, without what goes without saying', () => {
    expect(destinationTitle(MLFLOW, TRACKERS)).toBe('MLflow at mlflow.example.org');
    expect(placeOf({ kind: 'mlflow', options: { experiment: 'x', url: 'http://localhost:5000/team/' } })).toBe(
      'localhost:5000/team',
    );
    expect(destinationTitle({ kind: 'other', options: {} }, TRACKERS)).toBe('other at this machine');
  });

  it('shows no password that an address holds', () => {
    expect(placeOf({ kind: 'mlflow', options: { url: 'http://ada:hush@localhost:5000/' } })).toBe('localhost:5000');
  });

  it('says its other settings where they are set', () => {
    expect(settingsOf(MLFLOW, TRACKERS)).toEqual(['Experiment digits']);
    expect(settingsOf({ ...WANDB, options: { ...WANDB.options, entity: null } }, TRACKERS)).toEqual(['Project lathe']);
  });
});

describe('a delivery', () => {
  it('says what has arrived', () => {
    const sent = { points: 1, lines: 0, media: 2, files: 3, bytes: 1500, requests: 9 };
    expect(sentInWords(deliveryOf('r', MLFLOW, { sent }))).toBe('1 point, 2 media items, 3 files, 1.5\u202fkB');
    expect(sentInWords(deliveryOf('r', MLFLOW))).toBe('nothing yet');
  });

  it('says when it is tried again, only while it waits for that', () => {
    const row = deliveryOf('r', MLFLOW, { next_attempt: 20_000 });
    expect(nextAttemptInWords(row, 7_400)).toBe('in 13\u202fs');
    expect(nextAttemptInWords(row, 20_000)).toBe('now');
    expect(nextAttemptInWords({ ...row, state: 'blocked' }, 7_400)).toBeNull();
    expect(nextAttemptInWords({ ...row, next_attempt: null }, 7_400)).toBeNull();
  });
});
