import type { Arguments } from './arguments';
import type { Session } from './commands/command';
import { DrivenPage } from './page';

/** Opens the page for `work` and closes it again. `work` itself heeds interruptions. */
export async function withOpenPage<T>(
  args: Arguments,
  { terminal, interruption }: Session,
  work: (page: DrivenPage) => Promise<T>,
): Promise<T> {
  const opening = DrivenPage.open({
    profile: args.profile,
    note: (message) => terminal.note(message),
    onEvent: (event) => terminal.progress(event),
  });
  try {
    return await work(await interruption.orEnd(opening));
  } finally {
    // Interrupted while it opens, it is closed as soon as it is open; what kept it from opening was thrown already.
    await (await opening.catch(() => null))?.close();
  }
}

/** Opens the page for `work`, which an interruption may cut off anywhere. */
export function withPage<T>(args: Arguments, session: Session, work: (page: DrivenPage) => Promise<T>): Promise<T> {
  return withOpenPage(args, session, (page) => session.interruption.orEnd(work(page)));
}
