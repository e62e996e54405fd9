/** Words in the corner: what was done, with a way back; what failed, with what to do. */
import { toast } from 'svelte-sonner';
import { LatheError } from '../../base/errors';

/** Says that something happened, and offers what may come next. */
export function say(
  message: string,
  description?: string,
  next?: { label: string; run: () => Promise<unknown> },
): void {
  toast(message, {
    description,
    ...(next && { duration: 15_000, action: { label: next.label, onClick: () => void attempt(next.run) } }),
  });
}

/** Says that something was done, and offers to take it back. */
export function sayWithUndo(message: string, undo: () => Promise<void>): void {
  toast(message, {
    duration: 10_000,
    action: { label: 'Undo', onClick: () => void attempt(undo) },
  });
}

/** Says what went wrong. The sentence comes from the error; the whole of it is shown. */
export function sayError(thrown: unknown): void {
  const error = LatheError.from(thrown);
  toast.error(error.message, { duration: 15_000 });
}

/** Puts a text into the clipboard and says so. */
export async function copyText(text: string, said: string, description?: string): Promise<void> {
  await attempt(async () => {
    await navigator.clipboard.writeText(text);
    say(said, description);
  });
}

/** Runs a command of the user; a failure becomes a toast. Resolves to the result, or undefined where it failed. */
export async function attempt<T>(command: () => Promise<T>): Promise<T | undefined> {
  try {
    return await command();
  } catch (thrown) {
    sayError(thrown);
    return undefined;
  }
}
