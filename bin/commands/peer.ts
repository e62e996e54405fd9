import type * as v from 'valibot';
import { sizeInWords } from '../../src/base/bytes';
import { LatheError } from '../../src/base/errors';
import { parseConfig } from '../../src/config/parse';
import { makeFolder, type Arguments } from '../arguments';
import { provideDataset } from '../dataset';
import type { DrivenPage } from '../page';
import { EXIT } from '../exit-codes';
import { dataset, helperStatus, nothing, roomOffer, runRow } from '../results';
import { signalledLink } from '../room-link';
import { withOpenPage } from '../with-page';
import type { Command, Session } from './command';
import { waitForRun } from './train';

/** `lathe peer ROOM_URL`: joins the group of a room, with data of its own, copied from the others, or sent as it trains. */
export const peer: Command = {
  description: 'Joins browsers that train one model, or the trials of one search, together',
  positionals: ['ROOM_URL'],
  options: ['data', 'out', 'signal', 'jobs'],
  run(args, session) {
    const link = signalledLink(args.positionals[0], args.signal);
    if (args.out) makeFolder(args.out);
    return withOpenPage(args, session, (page) => joinOn(page, link, args, session));
  },
};

async function joinOn(page: DrivenPage, link: string, args: Arguments, session: Session): Promise<number> {
  const { terminal, interruption } = session;
  const offer = await interruption.orEnd(page.call('peers', 'look', [link], roomOffer));
  const { run_name, config, dataset: wanted, search } = offer;
  terminal.note(
    `The room ${search ? 'searches' : 'trains'} ${run_name}: ${config.model.architecture} on ${wanted.name} (${wanted.examples} examples, ${sizeInWords(wanted.bytes)}).`,
  );
  if (args.data) await giveData(page, wanted, args.data, session);
  const has = args.data !== null || offer.dataset_id !== null;
  if (search) return helpOn(page, link, { dataset: has ? 'have' : 'copy', slots: args.jobs ?? 1 }, session);
  const way = has ? 'have' : offer.streams ? 'stream' : 'copy';
  if (way === 'stream') terminal.note('Its examples are sent as they are needed; the dataset stays where it is.');
  const joining = page.call('peers', 'join', [link, { dataset: way }], runRow);
  const run = await interruption.orEnd(joining);
  return waitForRun(page, run.id, args, session);
}

/** Trains trials of the study of the room, until that ends or this command is interrupted. */
async function helpOn(
  page: DrivenPage,
  link: string,
  how: { dataset: 'have' | 'copy'; slots: number },
  { terminal, interruption }: Session,
): Promise<number> {
  await interruption.orEnd(page.call('peers', 'help', [link, how], helperStatus));
  const waiting = page.call('peers', 'helped', [link], helperStatus);
  const cause = await Promise.race([waiting.then(() => null), interruption.cause]);
  if (cause) await page.call('peers', 'forget', [link], nothing);
  const { study_name, done, reason } = await waiting;
  await terminal.result(`Trained ${done} ${done === 1 ? 'trial' : 'trials'} of ${study_name}. ${reason ?? ''}`.trim(), {
    study_name,
    trials_done: done,
    reason,
  });
  return cause ? EXIT.interrupted : EXIT.done;
}

/** Imports the data and makes sure that it is what the others train on. */
async function giveData(
  page: DrivenPage,
  wanted: v.InferOutput<typeof roomOffer>['dataset'],
  path: string,
  { terminal, interruption }: Session,
): Promise<void> {
  const id = await interruption.orEnd(provideDataset(page, parseConfig({}), path, (line) => terminal.note(line)));
  const row = await page.call('datasets', 'get', [id], dataset);
  if (row.content_hash === wanted.content_hash) return;
  throw new LatheError(
    'data',
    `${path} is not the data that the others train on: ${row.examples} examples here, ${wanted.examples} of ${wanted.name} there. Leave --data out to train on theirs.`,
    { file: path },
  );
}
