/** The Peers tab of a run: groups of one to sixteen, what they tell, and what can be done with them. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { GroupStatus } from '../../../../../src/peers/status';
import { groupOf, peerAt, roomOf, sharedRun } from '../../../../helpers/groups';
import type { MemoryWorkbench } from '../../../../helpers/memory-workbench';
import { expectAccessible, openPage, training } from '../open-page';

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await Promise.all([
    import('../../../../../src/ui/pages/run/Run.svelte'),
    import('../../../../../src/ui/shell/GroupDialogs.svelte'),
  ]);
});

beforeEach(() => page.viewport(1280, 1200));
afterEach(() => {
  delete document.documentElement.dataset.theme;
});

const tell = (memory: Pick<MemoryWorkbench, 'emit'>, status: GroupStatus): void =>
  memory.emit({ type: 'group', run_id: 'run-1', status });

const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });

describe('the group of a run', () => {
  const GROUPS: [string, GroupStatus][] = [
    ['of one', groupOf(1, { with_one_more_ms: null })],
    ['of four', groupOf(4, { dropped: { checksum: 3, stale: 12 } })],
    ['of sixteen', groupOf(16)],
    ['that waits', groupOf(2, { phase: 'waiting', world_size: 4, parts: null, reason: 'Two of four are here.' })],
    ['that was cut off', groupOf(1, { phase: 'alone', reason: 'The others cannot be reached.' })],
    ['that is over', groupOf(3, { phase: 'over', reason: 'Everybody stopped.' })],
  ];

  const LOOKS = GROUPS.flatMap(([name, status]) => [
    { name, status, width: 1280, theme: 'light' },
    { name, status, width: 390, theme: 'dark' },
  ]);

  it.each(LOOKS)('$name is shown whole at $width pixels, and can be used by everybody', async (look) => {
    const { status, width, theme } = look;
    await page.viewport(width, 1200);
    document.documentElement.dataset.theme = theme;
    await openPage('#/runs/run-1?tab=peers', training(status));
    await expect.element(page.getByRole('heading', { name: 'Who is there' })).toBeVisible();
    // The header stands before the rows.
    expect(page.getByRole('region', { name: 'Peers' }).getByRole('row').elements()).toHaveLength(
      status.peers.length + 1,
    );
    if (status.reason) await expect.element(page.getByText(status.reason)).toBeVisible();
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width);
    await expectAccessible();
  });

  it('says who coordinates, who is late and who is gone', async () => {
    const peers = [peerAt(0), peerAt(3), peerAt(4, { state: 'lost' }), peerAt(5, { state: 'left' })];
    await openPage('#/runs/run-1?tab=peers', training(groupOf(0, { peers })));
    await expect.element(row('Ada')).toHaveTextContent(/you, coordinates/);
    await expect.element(row('Katherine').getByRole('cell').last()).toHaveTextContent('4');
    await expect.element(row('Edsger')).toHaveTextContent(/lost/);
    await expect.element(row('Barbara')).toHaveTextContent(/left/);
    await expect.element(page.getByRole('tab', { name: /Peers/ })).toHaveTextContent('Peers2');
  });

  it('figures change in their places, and dropped frames are counted by reason', async () => {
    const memory = await openPage('#/runs/run-1?tab=peers', training(groupOf(2)));
    await expect.element(page.getByText('None. A frame')).toBeVisible();
    const places = (): number[] =>
      row('Grace')
        .getByRole('cell')
        .elements()
        .map((cell) => cell.getBoundingClientRect().left);
    const before = places();
    const peers = [peerAt(0), peerAt(1, { samples_per_second: 123_456_789, sent: 9_999_999_999, round_trip_ms: 0.1 })];
    tell(memory, groupOf(2, { peers, dropped: { stranger: 7 } }));
    await expect.element(row('Grace')).toHaveTextContent(/123/);
    expect(places()).toEqual(before);
    await expect.element(page.getByText('from somebody who is not in the group')).toBeVisible();
  });

  it('says that newcomers cannot come in while the signalling server is away', async () => {
    const memory = await openPage('#/runs/run-1?tab=peers', training(groupOf(2)));
    await expect.element(row('Grace')).toBeVisible();
    const signalling = {
      state: 'closed' as const,
      address: 'wss://lathe.example/signal',
      reason: 'It does not answer.',
    };
    memory.emit({ type: 'room', status: roomOf({ signalling }) });
    await expect.element(page.getByText(/Newcomers cannot find the group now.*It does not answer/)).toBeVisible();
    memory.emit({ type: 'room', status: roomOf() });
    await expect.element(page.getByText(/Newcomers cannot find the group/)).not.toBeInTheDocument();
  });

  it('tells who joins and who is lost in the corner', async () => {
    const memory = await openPage('#/runs/run-1?tab=peers', training(groupOf(2)));
    await expect.element(row('Grace')).toBeVisible();
    tell(memory, groupOf(3));
    await expect.element(page.getByText('Alan joined')).toBeVisible();
    tell(memory, groupOf(3, { peers: [peerAt(0), peerAt(1, { state: 'lost' }), peerAt(2)] }));
    await expect.element(page.getByText('Lost Grace')).toBeVisible();
  });

  it('is left at a press; it is stopped for everyone only after a question', async () => {
    const calls: string[] = [];
    const content = training(groupOf(4));
    await openPage('#/runs/run-1?tab=peers', {
      ...content,
      peers: {
        ...content.peers,
        leave: async (id) => void calls.push(`leave ${id}`),
        stopAll: async (id) => void calls.push(`stop ${id}`),
      },
    });
    await page.getByRole('button', { name: 'Stop for everyone' }).click();
    const dialog = page.getByRole('dialog', { name: 'Stop for everyone?' });
    await expect.element(dialog.getByText('for the 3 other peers')).toBeVisible();
    await dialog.getByRole('button', { name: 'Go on training' }).click();
    expect(calls).toEqual([]);
    await page.getByRole('button', { name: 'Stop for everyone' }).click();
    await dialog.getByRole('button', { name: 'Stop for everyone' }).click();
    await page.getByRole('button', { name: 'Leave' }).click();
    await expect.poll(() => calls).toEqual(['stop run-1', 'leave run-1']);
  });

  it('shows its link, the same as a code, and who is awaited', async () => {
    const drawn: string[] = [];
    const content = training(groupOf(2, { phase: 'waiting', world_size: 4 }));
    const memory = await openPage('#/runs/run-1', {
      ...content,
      peers: {
        ...content.peers,
        qr: async (text) => {
          drawn.push(text);
          return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>';
        },
      },
    });
    await page.getByRole('button', { name: 'Invite' }).click();
    const dialog = page.getByRole('dialog', { name: 'Invite others to digits together' });
    await expect.element(dialog.getByRole('textbox', { name: 'Link to join' })).toHaveValue(roomOf().link);
    await expect.element(dialog.getByRole('img', { name: 'The link as a QR code' })).toBeVisible();
    expect(drawn).toEqual([roomOf().link]);
    await expect.element(dialog.getByText('Waiting for 2 more peers')).toBeVisible();
    tell(memory, groupOf(4));
    await expect.element(dialog.getByText('4 peers are here')).toBeVisible();
    await expectAccessible();
  });

  it('is no tab of a run that trains alone', async () => {
    const run = sharedRun({}, { training: { distributed: { enabled: false } } });
    await openPage('#/runs/run-1?tab=peers', { runs: [run] });
    await expect.element(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
    await expect.element(page.getByRole('tab', { name: 'Peers' })).not.toBeInTheDocument();
    await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  });
});

it('the palette goes to peers and stops a group after a question', async () => {
  await openPage('#/runs', training(groupOf(2)));
  await expect.element(page.getByRole('link', { name: 'Peers' })).toBeVisible();
  await userEvent.keyboard('{Control>}k{/Control}');
  const search = page.getByRole('combobox', { name: 'Search everything' });
  await userEvent.fill(search, 'stop everyone');
  await page.getByRole('option', { name: /Stop the run for everyone/ }).click();
  await expect.element(page.getByRole('dialog', { name: 'Stop for everyone?' })).toBeVisible();
});
