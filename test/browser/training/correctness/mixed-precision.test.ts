import { test } from 'vitest';
import { expectHalvesAsFull } from './halves-as-full';
import { TRAINEES } from './models';

test.each(['mlp, dropout, Adam', 'cnn, Nesterov momentum', 'sequential, every layer, AdamW'])(
  '50 steps of %s in halves lose about what they lose in float32',
  (name) => expectHalvesAsFull(TRAINEES[name]),
);
