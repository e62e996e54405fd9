import { expect, it } from 'vitest';
import { aliasesProblem, readAliases, tagChanges, tagsInWords, writeTags } from '../../../src/ui/registry';

it('reads aliases as people write them', () => {
  expect(readAliases(' @champion, rc-1  rc-1\n')).toEqual(['champion', 'rc-1']);
  expect(aliasesProblem('champion v3')).toContain('The alias v3 is kept');
  expect(aliasesProblem('')).toBeNull();
});

it('turns typed tags into what has to change, and leaves those of programs alone', () => {
  const tags = { team: 'vision', old: 'yes', 'lathe.run_id': 'r', note: 'a: b' };
  expect(writeTags(tags)).toBe('team: vision\nold: yes\nnote: a: b');
  expect(tagChanges(tags, writeTags(tags))).toEqual({});
  expect(tagChanges(tags, 'team: audio\n\n note: a: b\nsmall\n: nothing')).toEqual({
    old: null,
    team: 'audio',
    small: '',
  });
  expect(tagsInWords({ ...tags, small: 'true' })).toEqual(['team: vision', 'old: yes', 'note: a: b', 'small']);
});
