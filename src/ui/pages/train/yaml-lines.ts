/** Where in a YAML text a key of the config stands. Imported lazily, with the parser. */
import { LineCounter, isNode, parseDocument } from 'yaml';

/** Line (from 1) of the key `path`, or of the nearest section around it that the text has; null for an empty text. */
export function lineOfKey(source: string, path: string): number | null {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const keys = path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  for (let depth = keys.length; depth > 0; depth--) {
    const node: unknown = document.getIn(keys.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}
