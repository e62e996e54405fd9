import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSignal } from '../../server/signal-only';
import { lathe, scratchFolder, startLathe, type Running } from './harness/command-line';
import { killBrowserOn } from './harness/crash';
import { writeCircle } from './harness/data';

const TRIALS = 6;
/** What a trial tries depends on the seed alone, so that it does not matter in which order they end. */
const CONFIG = `
name: circle
data: {target: place}
model: {architecture: mlp, hidden: [8]}
training:
  epochs: 8
  batch_size: 16
  early_stopping: null
  distributed: {enabled: true, wait_minutes: 2}
optimization:
  hyperparameter_search:
    sampler: random
    pruner: none
    n_trials: ${TRIALS}
    search_space:
      training.optimizer.learning_rate: {type: float, low: 1.0e-4, high: 0.3, log: true}
      model.hidden.0: {type: int, low: 4, high: 16, log: true}
`;

type Json = Record<string, unknown>;

/** Browsers that search together, each a process and a profile of its own, over real data channels. */
describe('a search with others', () => {
  const folder = scratchFolder();
  let signal: Awaited<ReturnType<typeof serveSignal>>;
  let undisturbed: Json;

  const common = (profile: string): string[] => [
    '--json',
    '--profile',
    folder.file(profile),
    '--signal',
    `ws://127.0.0.1:${signal.port}`,
  ];
  const hostArguments = (profile: string, worldSize: number, ...more: string[]): string[] => [
    'sweep',
    'config.yaml',
    '--data',
    'circle.csv',
    ...common(profile),
    '--set',
    `training.distributed.world_size=${worldSize}`,
    ...more,
  ];
  const host = (profile: string): Running => startLathe(hostArguments(profile, 2), folder.path);
  const guest = (profile: string, link: string, ...more: string[]): Running =>
    startLathe(['peer', link, ...common(profile), ...more], folder.path);
  const linkOf = async (running: Running): Promise<string> => {
    const { link } = await running.until(({ event, link: told }) => event === 'room' && String(told).includes('@'));
    return String(link);
  };

  beforeAll(async () => {
    signal = await serveSignal(0, '127.0.0.1');
    writeCircle(folder.file('circle.csv'));
    writeFileSync(folder.file('config.yaml'), CONFIG);
    const alone = await lathe(hostArguments('alone', 1), folder.path);
    expect(alone.code, alone.stderr).toBe(0);
    undisturbed = alone.json();
    expect(undisturbed).toMatchObject({ status: 'finished', n_complete: TRIALS });
  });
  afterAll(async () => {
    await signal.close();
    folder.remove();
  });

  /** What a study found, without times, names of runs and who trained them. */
  const found = (result: Json) => ({
    best: (result.best as Json).number,
    steps: result.steps,
    trials: (result.trials as Json[]).map(({ number, state, params, values, intermediate, steps }) => ({
      number,
      state,
      params,
      values,
      intermediate,
      steps,
    })),
  });
  const trainedElsewhere = (result: Json): Json[] => (result.trials as Json[]).filter(({ worker }) => worker);

  it('has each trial trained once, here or there, with the same bits', async () => {
    const first = startLathe(hostArguments('host', 2, '--out', 'results'), folder.path);
    const second = guest('guest', await linkOf(first));
    const result = (await first.finished).json();
    expect(found(result)).toEqual(found(undisturbed));
    const elsewhere = trainedElsewhere(result);
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.length).toBeLessThan(TRIALS);
    const ended = await second.finished;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.json()).toMatchObject({ trials_done: elsewhere.length, reason: 'The study circle is finished.' });
    const rows = readFileSync(String(result.csv), 'utf8').trim().split('\r\n');
    expect(rows).toHaveLength(TRIALS + 1);
    expect(existsSync(String(result.bundle))).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('deals what a killed guest trained again', async () => {
    const first = host('killed-host');
    const second = guest('killed-guest', await linkOf(first));
    await first.until(
      ({ event, state, worker, intermediate }) =>
        event === 'trial' &&
        state === 'running' &&
        Boolean(worker) &&
        (intermediate as { steps: number[] }).steps.length > 0,
    );
    expect(killBrowserOn(folder.file('killed-guest'))).toBeGreaterThan(0);
    const result = (await first.finished).json();
    expect(found(result)).toEqual(found(undisturbed));
    expect((await second.finished).code).toBe(5);
  });

  it('goes on after a pause with the guests that waited', async () => {
    const first = host('paused-host');
    const second = guest('waits', await linkOf(first));
    await first.until(({ event, state }) => event === 'trial' && state === 'complete');
    first.interrupt();
    const paused = await first.finished;
    expect(paused.code, paused.stderr).toBe(130);
    await second.until(({ event, state, reason }) => event === 'helper' && state === 'waiting' && Boolean(reason));
    const resumed = await lathe(hostArguments('paused-host', 2), folder.path);
    expect(found(resumed.json())).toEqual(found(undisturbed));
    const ended = await second.finished;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.json()).toMatchObject({ reason: 'The study circle is finished.' });
  });

  it('says who is missing', async () => {
    const waiting = await lathe(
      hostArguments('missing', 2, '--set', 'training.distributed.wait_minutes=0.05'),
      folder.path,
    );
    expect(waiting.code).toBe(5);
    expect(waiting.stderr).toContain('1 of 2 browsers did not come in time');
  });
});
