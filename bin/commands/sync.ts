import { LatheError } from '../../src/base/errors';
import { EXIT } from '../exit-codes';
import { deliveries } from '../results';
import { table } from '../table';
import { deliver } from '../tracking';
import { withPage } from '../with-page';
import type { Command } from './command';

/** `lathe sync`: sends what waits in the profile to its trackers. */
export const sync: Command = {
  description: 'Sends what waits for trackers, from earlier runs too',
  positionals: [],
  options: ['sync-timeout'],
  run: (args, session) =>
    withPage(args, session, async (page) => {
      const pending = await deliver(page, null, args, session);
      const rows = await page.call('tracking', 'deliveries', [], deliveries);
      const text =
        rows.length > 0
          ? table(
              ['run', 'tracker', 'state', 'waiting', 'page'],
              rows.map((row) => [row.subject, row.destination.kind, row.state, String(row.pending), row.url ?? '']),
            )
          : 'No run of this profile is sent anywhere. Name a tracker in the config of a run.';
      await session.terminal.result(text, { tracking: pending, deliveries: rows });
      const waiting = Object.values(pending).reduce((sum, one) => sum + one.pending, 0);
      if (waiting > 0) {
        const reason = rows.find(({ error }) => error !== null)?.error?.message ?? 'Time is up.';
        throw new LatheError('tracking', `${waiting} records wait still. ${reason}`);
      }
      return EXIT.done;
    }),
};
