/** Whether a path is something that an operating system left behind, and not the user's data. */
export function isJunk(path: string): boolean {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  return parts.includes('__MACOSX') || name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name);
}
