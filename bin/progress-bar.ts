/** A progress bar as text. */

/** What a bar shows. */
export interface ProgressState {
  title: string;
  done: number;
  /** Null where the end is not known. */
  total: number | null;
  detail: string;
}

/** One line of at most `width` characters. */
export function progressBar({ title, done, total, detail }: ProgressState, width: number): string {
  const known = total !== null && total > 0;
  const share = known ? Math.min(1, done / total) : 0;
  const left = `${title}  `;
  const right = known ? `  ${Math.floor(share * 100)}%  ${done}/${total}  ${detail}` : `  ${done}  ${detail}`;
  const room = Math.min(40, width - left.length - right.length - 1);
  if (room < 4) return `${left}${right.trim()}`.slice(0, Math.max(0, width - 1));
  const filled = Math.round(share * room);
  return `${left}${'━'.repeat(filled)}${'─'.repeat(room - filled)}${right}`.trimEnd();
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
