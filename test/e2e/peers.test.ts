import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSignal } from '../../server/signal-only';
import { lathe, scratchFolder, startLathe, type Running } from './harness/command-line';
import { killBrowserOn } from './harness/crash';
import { CIRCLE_CONFIG, writeCircle } from './harness/data';

type Event = Record<string, unknown>;

/**
 * Browsers that train together, each a process and a profile of its own, over real data channels. Whatever happens to them,
 * the bits are those of one browser that is left in peace.
 */
describe('browsers that train together', () => {
  const folder = scratchFolder();
  let signal: Awaited<ReturnType<typeof serveSignal>>;
  let undisturbed: Record<string, unknown>;

  const common = (profile: string): string[] => [
    '--json',
    '--profile',
    folder.file(profile),
    '--signal',
    `ws://127.0.0.1:${signal.port}`,
  ];
  const hostArguments = (profile: string, worldSize: number): string[] => [
    'train',
    'config.yaml',
    '--data',
    'circle.csv',
    ...common(profile),
    '--set',
    `training.distributed.world_size=${worldSize}`,
  ];
  const host = (profile: string, worldSize: number): Running =>
    startLathe(hostArguments(profile, worldSize), folder.path);

  const guest = (profile: string, link: string, ...more: string[]): Running =>
    startLathe(['peer', link, ...common(profile), ...more], folder.path);

  const linkOf = async (running: Running): Promise<string> => {
    const { link } = await running.until(({ event, link }) => event === 'room' && String(link).includes('@'));
    return String(link);
  };
  const pastStep = (step: number) => (event: Event) => event.event === 'progress' && Number(event.step) >= step;

  beforeAll(async () => {
    signal = await serveSignal(0, '127.0.0.1');
    writeCircle(folder.file('circle.csv'));
    writeFileSync(
      folder.file('config.yaml'),
      `${CIRCLE_CONFIG.replace('epochs: 8', 'epochs: 40')}  early_stopping: null
  distributed: {enabled: true, micro_batches: 4, compression: float32, wait_minutes: 2}
`,
    );
    const alone = await lathe(hostArguments('alone', 1), folder.path);
    expect(alone.code).toBe(0);
    undisturbed = alone.json();
    expect(undisturbed).toMatchObject({ status: 'finished', steps: 320 });
  });
  afterAll(async () => {
    await signal.close();
    folder.remove();
  });

  const same = (): Event => {
    const { status, steps, weights_sha256, metrics } = undisturbed;
    return { status, steps, weights_sha256, metrics };
  };

  it('end with the bits of one, with data of their own or copied', async () => {
    const first = host('host', 3);
    const link = await linkOf(first);
    const others = [guest('with-data', link, '--data', 'circle.csv'), guest('copies', link)];
    for (const running of [first, ...others]) {
      const finished = await running.finished;
      expect(finished.stderr).not.toContain('Error');
      expect(finished.json()).toMatchObject(same());
      expect(finished.code).toBe(0);
    }
  });

  it.skipIf(process.platform !== 'linux')('go on where others are killed, the first one too', async () => {
    const first = host('killed-host', 3);
    const link = await linkOf(first);
    const second = guest('killed-guest', link);
    const third = guest('survivor', link);
    await third.until(pastStep(40));
    expect(killBrowserOn(folder.file('killed-guest'))).toBeGreaterThan(0);
    await third.until(pastStep(80));
    expect(killBrowserOn(folder.file('killed-host'))).toBeGreaterThan(0);
    expect((await third.finished).json()).toMatchObject(same());
    expect((await second.finished).code).toBe(5);
    expect((await first.finished).code).toBe(5);
  });

  it('take in who comes late', async () => {
    const first = host('early', 1);
    await first.until(pastStep(5));
    const late = guest('late', await linkOf(first));
    const { weights_sha256 } = (await late.finished).json();
    expect((await first.finished).json()).toMatchObject(same());
    expect(weights_sha256).toBe(undisturbed.weights_sha256);
  });

  it('leave and come back while the others go on, with no signalling server but that of the first', async () => {
    const command = (...given: string[]): string[] => [...given, '--json', '--timeout', '150', '--profile'];
    const endless = ['--set', 'training.epochs=100000', '--set', 'training.distributed.world_size=1'];
    const start = (args: string[], profile: string): Running =>
      startLathe([...args, folder.file(profile)], folder.path);
    const first = start(command('train', 'config.yaml', '--data', 'circle.csv', ...endless), 'stays');
    const link = await linkOf(first);
    await first.until(({ event }) => event === 'progress');
    for (const visit of [1, 2]) {
      const second = start(command('peer', link), 'comes-and-goes');
      await second.until(({ event, role, run_id }) => event === 'room' && role === 'guest' && run_id !== null);
      await second.until(({ event }) => event === 'progress');
      second.interrupt();
      const left = await second.finished;
      expect(left.code, `${visit}: ${left.stderr}`).toBe(130);
      expect(left.json()).toMatchObject({ status: 'paused' });
    }
    first.interrupt();
    const ended = await first.finished;
    expect(ended.code, ended.stderr).toBe(130);
    const rooms = ended.events().filter(({ event }) => event === 'room');
    expect(rooms.some(({ connected }) => connected === 1)).toBe(true);
    expect(rooms.at(-1)).toMatchObject({ connected: 0 });
  });

  it('say who is missing', async () => {
    const waiting = startLathe(
      [...hostArguments('waiting', 2), '--set', 'training.distributed.wait_minutes=0.05'],
      folder.path,
    );
    const { code, stderr } = await waiting.finished;
    expect(code).toBe(5);
    expect(stderr).toMatch(/1 of 2|one more|missing/i);
  });

  it('refuse a link that leads nowhere', async () => {
    const { code, stderr } = await lathe(
      ['peer', `http://localhost:4173/#/join/${'A'.repeat(22)}.${'B'.repeat(22)}`, ...common('nowhere')],
      folder.path,
    );
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/room/i);

    const unopened = await lathe(['peer', 'nowhere'], folder.path);
    expect(unopened.code).toBe(2);
    expect(unopened.stderr).toContain('ROOM_URL names no signalling server.');
  });
});
