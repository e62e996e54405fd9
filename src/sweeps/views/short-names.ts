/** Names for keys of the config where the whole path is too long. */

/**
 * The shortest ends of the paths that differ, and say something alone: `learning_rate`, `hidden.0`, and `optimizer.name`
 * beside `schedule.name`. By key.
 */
export function shortNames(keys: readonly string[]): Map<string, string> {
  const ending = (key: string, parts: number): string => key.split('.').slice(-parts).join('.');
  return new Map(
    keys.map((key) => {
      const depth = key.split('.').length;
      let parts = 1;
      const isVague = (name: string): boolean =>
        /^(\d|name$)/.test(name) || keys.some((other) => other !== key && ending(other, parts) === name);
      while (parts < depth && isVague(ending(key, parts))) parts++;
      return [key, ending(key, parts)];
    }),
  );
}
