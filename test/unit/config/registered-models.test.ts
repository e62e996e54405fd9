import { describe, expect, it } from 'vitest';
import { aliasProblem, modelNameProblem, modelUri, parseModelUri } from '../../../src/config/registered-models';

describe('names of registered models', () => {
  it.each(['digits', 'digits v2 (big)', 'größe', 'a@b', '.hidden'])('may be %s', (name) => {
    expect(modelNameProblem(name)).toBeNull();
  });

  it.each(['', '  ', ' digits', 'team/digits', 'team:digits', '.', '..', '../digits', 'x'.repeat(257)])(
    'may not be "%s"',
    (name) => {
      expect(modelNameProblem(name)).toMatch(/^(?:is|has|begins|reads) .*\.$/);
    },
  );
});

describe('aliases', () => {
  it.each(['champion', 'release-candidate', 'v', 'v1_1', 'latest2'])('may be %s', (alias) => {
    expect(aliasProblem(alias)).toBeNull();
  });

  it.each(['latest', 'Latest', 'v1', 'V23', '', 'two words', '@champion', 'x'.repeat(256)])(
    'may not be "%s"',
    (alias) => {
      expect(aliasProblem(alias)).toMatch(/\.$/);
    },
  );
});

describe('addresses of versions', () => {
  it.each([
    ['models:/digits/3', { model: 'digits', version: '3' }],
    ['models:/digits/latest', { model: 'digits', version: 'latest' }],
    ['models:/digits@champion', { model: 'digits', version: '@champion' }],
    ['models:/two words@rc-1', { model: 'two words', version: '@rc-1' }],
    ['models:/a@b/7', { model: 'a@b', version: '7' }],
    ['models:/a@b@champion', { model: 'a@b', version: '@champion' }],
  ])('%s is read', (uri, address) => {
    expect(parseModelUri(uri)).toEqual(address);
  });

  it.each([
    'digits',
    'models:/digits',
    'models:/digits/',
    'models:/digits/three',
    'models:/@champion',
    'models:/a/b/3',
  ])('%s is none', (uri) => {
    expect(parseModelUri(uri)).toBeNull();
  });

  it('is written as it is read', () => {
    expect(parseModelUri(modelUri('digits', '3'))).toEqual({ model: 'digits', version: '3' });
  });
});
