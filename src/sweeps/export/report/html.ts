/** HTML in which every text is escaped unless it was made here. */

/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What stands between the pieces of a template; null and false stand for nothing. */
export type Part = Markup | string | number | null | false | readonly Part[];

/** HTML from a template: its own pieces are HTML, what is put in is text. */
export function html(pieces: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(pieces.reduce((text, piece, i) => text + written(parts[i - 1]) + piece));
}

function written(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (part === null || part === false) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return part.map(written).join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
