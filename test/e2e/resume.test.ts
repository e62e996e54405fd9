import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lathe, scratchFolder, startLathe, type Finished } from './harness/command-line';
import { killBrowserOn } from './harness/crash';
import { CIRCLE_CONFIG, writeCircle } from './harness/data';

/** Steps of the whole run; an epoch has eight. */
const STEPS = 400;

describe('a run that is cut off', () => {
  const folder = scratchFolder();
  const args = (profile: string, ...more: string[]) => [
    'train',
    'config.yaml',
    '--data',
    'circle.csv',
    '--json',
    '--profile',
    folder.file(profile),
    // Long enough to be cut off in the middle on a fast machine.
    '--set',
    `training.epochs=${STEPS / 8}`,
    '--set',
    'training.early_stopping=null',
    ...more,
  ];
  let undisturbed: Finished;

  beforeAll(async () => {
    writeCircle(folder.file('circle.csv'));
    writeFileSync(folder.file('config.yaml'), CIRCLE_CONFIG);
    undisturbed = await lathe(args('undisturbed'), folder.path);
    expect(undisturbed.code).toBe(0);
  });
  afterAll(() => folder.remove());

  const pastStep = (step: number) => (event: Record<string, unknown>) =>
    event.event === 'progress' && Number(event.step) >= step;

  it.skipIf(process.platform !== 'linux')('by a killed browser goes on to the same bits', async () => {
    const cut = startLathe(args('killed'), folder.path);
    const { run_id } = await cut.until(pastStep(24));
    expect(killBrowserOn(folder.file('killed'))).toBeGreaterThan(0);
    const { code, stdout, stderr } = await cut.finished;
    expect(code).toBe(5);
    expect(stdout).toBe('');
    expect(stderr).toContain('The browser was closed or crashed');

    const resumed = (await lathe(args('killed'), folder.path)).json();
    expect(resumed).toMatchObject({
      run_id,
      status: 'finished',
      resumed_from: { run_id, step: expect.any(Number) },
      weights_sha256: undisturbed.json().weights_sha256,
      metrics: undisturbed.json().metrics,
    });
    const { step } = resumed.resumed_from as { step: number };
    expect(step).toBeGreaterThan(0);
    expect(resumed.steps_this_process).toBe(STEPS - step);
  });

  it('by Ctrl+C is paused at a checkpoint, and goes on to the same bits', async () => {
    const cut = startLathe(args('interrupted'), folder.path);
    await cut.until(pastStep(10));
    cut.interrupt();
    const paused = await cut.finished;
    expect(paused.code).toBe(130);
    expect(paused.json()).toMatchObject({ status: 'paused', bundle: null });
    const { run_id, steps } = paused.json();
    expect(Number(steps)).toBeGreaterThanOrEqual(10);

    const resumed = (await lathe(args('interrupted'), folder.path)).json();
    expect(resumed).toMatchObject({
      run_id,
      status: 'finished',
      resumed_from: { run_id, step: steps },
      weights_sha256: undisturbed.json().weights_sha256,
      metrics: undisturbed.json().metrics,
    });
  });

  it('by --timeout is paused too, and left alone under --fresh', async () => {
    const cut = await lathe(args('out-of-time', '--timeout', '12', '--set', 'training.epochs=100000'), folder.path);
    expect(cut.code).toBe(130);
    expect(cut.json()).toMatchObject({ status: 'paused' });

    const fresh = startLathe(args('out-of-time', '--fresh', '--set', 'training.epochs=100000'), folder.path);
    const started = await fresh.until(({ event }) => event === 'started');
    fresh.interrupt('SIGTERM');
    expect((await fresh.finished).code).toBe(130);
    expect(started.run_id).not.toBe(cut.json().run_id);
  });

  it('keeps its profile from a second command', async () => {
    const first = startLathe(args('shared', '--set', 'training.epochs=100000'), folder.path);
    await first.until(({ event }) => event === 'started');
    const second = await lathe(['runs', '--profile', 'shared'], folder.path);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('Another lathe command');
    first.interrupt();
    expect((await first.finished).code).toBe(130);
  });
});
