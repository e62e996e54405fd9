/** Registered models in words: where they are, and what people write about them as they type it. */
import type { RegistryPlace, TrackerInfo } from '../app/api';
import { aliasProblem } from '../config/registered-models';
import { destinationId } from '../store/delivery';
import { destinationTitle } from './deliveries';

/** Identifies a place in a list of choices. */
export const placeId = (place: RegistryPlace): string => (place === 'local' ? 'local' : destinationId(place));

/** `This browser`, `MLflow at localhost:5000` */
export const placeTitle = (place: RegistryPlace, trackers: readonly TrackerInfo[]): string =>
  place === 'local' ? 'This browser' : destinationTitle(place, trackers);

/** `a, b c` → a, b and c. */
export const readAliases = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\s,]+/)
      .map((alias) => alias.replace(/^@/, ''))
      .filter(Boolean),
  ),
];

/** What is wrong with aliases as they were typed; null: nothing. */
export function aliasesProblem(text: string): string | null {
  for (const alias of readAliases(text)) {
    const problem = aliasProblem(alias);
    if (problem !== null) return `The alias ${alias} ${problem}`;
  }
  return null;
}

/** What programs note down, and people do not write. */
const isOurs = (key: string): boolean => /^(?:lathe|mlflow)\./.test(key);

/** Tags as people type them: one a line, `key: value`, or a key alone. */
export const writeTags = (tags: Record<string, string>): string =>
  Object.entries(tags)
    .filter(([key]) => !isOurs(key))
    .map(([key, value]) => (value === '' ? key : `${key}: ${value}`))
    .join('\n');

/** What has to change so that `tags` become what was typed; null takes a tag away. */
export function tagChanges(tags: Record<string, string>, text: string): Record<string, string | null> {
  const typed = new Map(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .map((line): [string, string] => {
        const [, key, value] = /^([^:]*)(?::\s*(.*))?$/.exec(line) ?? [];
        return [key.trim(), value ?? ''];
      }),
  );
  typed.delete('');
  const gone = Object.keys(tags).filter((key) => !isOurs(key) && !typed.has(key));
  const changes: [string, string | null][] = [
    ...gone.map((key): [string, null] => [key, null]),
    ...[...typed].filter(([key, value]) => tags[key] !== value),
  ];
  return Object.fromEntries(changes);
}

/** Tags that people gave, in words. */
export const tagsInWords = (tags: Record<string, string>): string[] =>
  Object.entries(tags)
    .filter(([key]) => !isOurs(key))
    .map(([key, value]) => (value === '' || value === 'true' ? key : `${key}: ${value}`));
