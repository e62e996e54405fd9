/** What an object holds on to, counted place by place: to see what grows. */

/**
 * How much is reachable from `root` over own properties, maps, sets and arrays, by the path that leads there; elements of one
 * collection are counted together. What closures hold is not seen. Objects for which `skip` says so are left out.
 */
export function holdingsOf(root: object, skip: (value: object) => boolean): Map<string, number> {
  const counts = new Map<string, number>();
  const seen = new Set<object>();
  const waiting: [string, unknown][] = [['', root]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [path, value] = next;
    if (typeof value !== 'object' || value === null || seen.has(value) || skip(value)) continue;
    seen.add(value);
    const inside: [string, unknown][] = [];
    if (ArrayBuffer.isView(value)) {
      counts.set(path, (counts.get(path) ?? 0) + 1);
      continue;
    }
    if (value instanceof Map) for (const [key, one] of value) inside.push([`${path}{}`, key], [`${path}{}`, one]);
    else if (value instanceof Set) for (const one of value) inside.push([`${path}{}`, one]);
    else if (Array.isArray(value)) for (const one of value) inside.push([`${path}[]`, one]);
    else for (const [key, one] of Object.entries(value)) inside.push([`${path}.${key}`, one]);
    // Elements that are no objects take place, too.
    const size = value instanceof Map || value instanceof Set ? value.size : inside.length;
    counts.set(path, (counts.get(path) ?? 0) + 1 + size);
    waiting.push(...inside);
  }
  return counts;
}

/** The least of several counts, path by path: what comes and goes is not in it. */
export function leastOf(samples: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const paths = new Set(samples.flatMap((sample) => [...sample.keys()]));
  return new Map([...paths].map((path) => [path, Math.min(...samples.map((sample) => sample.get(path) ?? 0))]));
}
