/** Where in a YAML text a key of the config stands. Imported lazily, with the parser. */
import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';

/** Line (from 1) of the key `path`, or of the nearest section around it that the text has; null for an empty text. */
export function lineOfKey(source: string, path: string): number | null {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const node = nearest(document.contents, path);
  return isNode(node) && node.range ? lines.linePos(node.range[0]).line : null;
}

/** The value at `path`, or the one closest to it. Keys may hold dots themselves, as those of a search space do. */
function nearest(node: unknown, path: string): unknown {
  if (isMap(node)) {
    const [match] = node.items
      .map(({ key, value }) => ({ name: isScalar(key) ? String(key.value) : '', key, value }))
      .filter(({ name }) => path === name || path.startsWith(`${name}.`))
      .sort((a, b) => b.name.length - a.name.length);
    if (!match) return undefined;
    const rest = path.slice(match.name.length + 1);
    const place = isNode(match.value) ? match.value : match.key;
    return (rest && nearest(match.value, rest)) || place;
  }
  if (isSeq(node)) {
    const [index, ...rest] = path.split('.');
    const item: unknown = node.items[Number(index)];
    return (rest.length > 0 && nearest(item, rest.join('.'))) || item;
  }
  return undefined;
}
