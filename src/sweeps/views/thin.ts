/** Fewer of many, for charts in which more would only cover each other. */

/** At most `limit` of `items`: the first half of it from the front, the rest evenly spaced over what follows. */
export function thin<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  const front = Math.ceil(limit / 2);
  const rest = items.length - front;
  return [
    ...items.slice(0, front),
    ...Array.from({ length: limit - front }, (_, i) => items[front + Math.floor((i * rest) / (limit - front))]),
  ];
}
