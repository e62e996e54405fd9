import { test } from 'vitest';
import { TRAINEES } from './models';
import { expectRecordedAsEager } from './recorded-as-eager';

test.each(Object.entries(TRAINEES))('recorded and eager steps of %s agree', (_name, trainee) =>
  expectRecordedAsEager(trainee, { steps: 5 }),
);
