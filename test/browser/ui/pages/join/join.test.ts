/** The page behind a link: the run, the data it needs and whether it is here, and joining. */
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import type { DatasetWay, HelperStatus, RoomOffer } from '../../../../../src/app/api';
import { LatheError } from '../../../../../src/base/errors';
import { linkHere, offerOf, roomOf, sharedRun, TOKEN } from '../../../../helpers/groups';
import { expectAccessible, openPage } from '../open-page';
import { DATASET } from '../train/fixture';

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await Promise.all([
    import('../../../../../src/ui/pages/join/Join.svelte'),
    import('../../../../../src/ui/pages/peers/Peers.svelte'),
    import('../../../../../src/ui/pages/run/Run.svelte'),
  ]);
});

beforeEach(() => page.viewport(1280, 1200));

const digits = { ...DATASET, id: 'd7', content_hash: 'hash of digits' };

it('shows the run and its data; what is not here is copied, and the run is opened', async () => {
  const asked: [string, DatasetWay][] = [];
  let joined = (): void => undefined;
  const memory = await openPage(`#/join/${TOKEN}`, {
    peers: {
      look: async () => offerOf(),
      join: (link, { dataset }) => {
        asked.push([link, dataset]);
        return new Promise((resolve) => (joined = () => resolve(sharedRun({ id: 'run-9', name: 'mine' }))));
      },
    },
  });
  await expect.element(page.getByText('3 peers train it now')).toBeVisible();
  await expect.element(page.getByText(/Ada, Grace, Alan/)).toBeVisible();
  await expect.element(page.getByRole('radio', { name: /Copy it from the others/ })).toBeChecked();
  await page.getByText('The whole config').click();
  await expect.element(page.getByLabelText('Config as YAML')).toHaveTextContent(/architecture: cnn/);
  await expectAccessible();
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  expect(asked).toEqual([[TOKEN, 'copy']]);
  const copy = { name: 'digits', done: 21e6, total: 42e6, sources: 3 };
  memory.emit({ type: 'room', status: roomOf({ run_id: null, role: 'guest', copy }) });
  await expect
    .element(page.getByRole('progressbar', { name: 'Copying digits' }))
    .toHaveAttribute('aria-valuenow', '50');
  joined();
  await expect.poll(() => location.hash).toBe('#/runs/run-9?tab=peers');
});

it('finds the data that is here', async () => {
  const asked: DatasetWay[] = [];
  await openPage(`#/join/${TOKEN}`, {
    datasets: [digits],
    peers: {
      look: async () => offerOf(),
      join: async (_, { dataset }) => {
        asked.push(dataset);
        return sharedRun();
      },
    },
  });
  await expect.element(page.getByText('It is in this browser, with the same content.')).toBeVisible();
  await expect.element(page.getByRole('radio')).not.toBeInTheDocument();
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect.poll(() => asked).toEqual(['have']);
});

it('takes files that are dropped where they make the same dataset, and says where they do not', async () => {
  const memory = await openPage(`#/join/${TOKEN}`, { peers: { look: async () => offerOf() } });
  await expect.element(page.getByRole('radio', { name: /Copy it/ })).toBeChecked();
  const made = [{ ...digits, content_hash: 'another hash' }, digits];
  memory.workbench.datasets.import = async () => ({ datasets: made.splice(0, 1), models: [], refused: [] });
  drop();
  await expect.element(page.getByRole('alert')).toHaveTextContent(/another dataset than the host’s/);
  drop();
  await expect.element(page.getByText('It is in this browser, with the same content.')).toBeVisible();
  expect(location.hash).toBe(`#/join/${TOKEN}`);
});

/** Drops a file on the left half of the page. */
function drop(): void {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['1,2'], 'digits.csv'));
  for (const type of ['dragenter', 'dragover', 'drop'])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, clientX: 10, bubbles: true, cancelable: true }));
}

it('with a pairing code is answered at once; the run is shown once the two are connected', async () => {
  const answerPairing = vi.fn(async () => ({ code: 'LATHE-B.back', qr: null, link: linkHere() }));
  const memory = await openPage('#/join/LATHE-A.code', { peers: { answerPairing, look: async () => offerOf() } });
  await expect.element(page.getByRole('textbox', { name: 'Your answer' })).toHaveValue('LATHE-B.back');
  expect(answerPairing.mock.calls).toEqual([['LATHE-A.code']]);
  await expectAccessible();
  memory.emit({ type: 'room', status: roomOf({ run_id: null, role: 'guest', connected: 1 }) });
  await expect.element(page.getByRole('heading', { name: 'digits together' })).toBeVisible();
});

it('has each batch sent where the config says so, and not where the host does not', async () => {
  const plain = sharedRun().config;
  const distributed = { ...plain.training.distributed, data: 'streamed' as const };
  const config = { ...plain, training: { ...plain.training, distributed } };
  const first = await openPage(`#/join/${TOKEN}`, { peers: { look: async () => offerOf({ config }) } });
  await expect.element(page.getByRole('radio', { name: /Have each batch sent/ })).toBeChecked();
  await first.close();
  await openPage(`#/join/${TOKEN}`, { peers: { look: async () => offerOf({ config, streams: false }) } });
  await expect.element(page.getByText('It is copied from the others when you join')).toBeVisible();
  await expect.element(page.getByRole('radio')).not.toBeInTheDocument();
});

it('that is dead says so, and is tried again; whoever only looked is gone when the page is left', async () => {
  let tries = 0;
  const forgotten: string[] = [];
  await openPage(`#/join/${TOKEN}`, {
    peers: {
      look: async () => {
        if (tries++ === 0) throw new LatheError('not_found', 'Nobody is in this room any more.');
        return offerOf();
      },
      forget: async (link) => void forgotten.push(link),
    },
  });
  await expect.element(page.getByText('Nobody is in this room any more.')).toBeVisible();
  await expectAccessible();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect.element(page.getByRole('heading', { name: 'digits together' })).toBeVisible();
  forgotten.length = 0;
  location.hash = '#/peers';
  await expect.poll(() => forgotten).toEqual([TOKEN]);
});

it('that is cut short says so without asking anybody', async () => {
  const look = vi.fn(async () => offerOf());
  await openPage('#/join/abc.def', { peers: { look } });
  await expect.element(page.getByText('This link is not whole')).toBeVisible();
  expect(look).not.toHaveBeenCalled();
});

it('to a run that this browser trains already leads to it; a paused one is resumed', async () => {
  const look = async (): Promise<RoomOffer> => offerOf({ run_id: 'run-1' });
  const first = await openPage(`#/join/${TOKEN}`, { runs: [sharedRun()], peers: { look } });
  await expect
    .element(page.getByRole('link', { name: 'Open the run' }))
    .toHaveAttribute('href', '#/runs/run-1?tab=peers');
  await first.close();
  await openPage(`#/join/${TOKEN}`, { runs: [sharedRun({ status: 'paused' })], peers: { look } });
  await expect.element(page.getByRole('button', { name: 'Join again' })).toBeVisible();
});

it('of a search trains trials, tells how far they are, and leaves', async () => {
  const asked: [string, DatasetWay][] = [];
  const left: string[] = [];
  const status: HelperStatus = {
    link: linkHere(),
    study_name: 'digits sweep',
    state: 'working',
    reason: null,
    slots: 1,
    trials: [{ number: 4, run_id: 'theirs' }],
    done: 2,
  };
  const memory = await openPage(`#/join/${TOKEN}`, {
    datasets: [digits],
    peers: {
      look: async () => offerOf({ run_name: 'digits sweep', group: null, search: { trials: 30, done: 12 } }),
      help: async (link, { dataset }) => {
        asked.push([link, dataset]);
        memory.emit({ type: 'helper', status });
        return status;
      },
      forget: async (link) => {
        left.push(link);
        memory.emit({ type: 'helper', status: { ...status, state: 'ended', trials: [] } });
      },
    },
  });
  await expect.element(page.getByText('12 of 30 trials are done.')).toBeVisible();
  await page.getByRole('button', { name: 'Train trials' }).click();
  expect(asked).toEqual([[TOKEN, 'have']]);
  await expect.element(page.getByRole('progressbar', { name: 'Progress of trial 4' })).toBeVisible();
  await expect.element(page.getByText('2 trials trained here.')).toBeVisible();
  await expectAccessible();
  memory.emit({ type: 'helper', status: { ...status, state: 'waiting', reason: 'The study is paused.', trials: [] } });
  await expect.element(page.getByText('The study is paused.')).toBeVisible();
  await page.getByRole('button', { name: 'Leave' }).click();
  await expect.element(page.getByText('This browser left.')).toBeVisible();
  expect(left).toEqual([TOKEN]);
});
