import { describe, expect, it } from 'vitest';
import { parseListening } from '../../../bin/listening';

const DEFAULTS = { host: '127.0.0.1', port: 4173 };
const parse = (argv: string[], environment: NodeJS.ProcessEnv = {}) => parseListening(argv, DEFAULTS, environment);

describe('where a server listens', () => {
  it('is what the arguments say, then the environment, then the default', () => {
    expect(parse([])).toMatchObject(DEFAULTS);
    expect(parse([], { HOST: '0.0.0.0', PORT: '80' })).toMatchObject({ host: '0.0.0.0', port: 80 });
    expect(parse(['--host', '::', '--port', '0'], { HOST: '0.0.0.0', PORT: '80' })).toMatchObject({
      host: '::',
      port: 0,
    });
  });

  it('serves metrics only where it is told to', () => {
    expect(parse([]).metrics).toBe(false);
    expect(parse(['--metrics']).metrics).toBe(true);
  });

  it('takes a HOST that is no address for what it is: somebody else’s', () => {
    expect(parse([], { HOST: 'x86_64-conda-linux-gnu' }).host).toBe('127.0.0.1');
  });

  it.each([
    [['--port', '70000'], {}, /--port is 70000/],
    [['--port', 'http'], {}, /--port is http/],
    [[], { PORT: '4173a' }, /PORT is 4173a/],
    [['--host', 'http://x/'], {}, /--host is http/],
    [['--host', ''], {}, /--host is empty/],
    [['--hots', 'x'], {}, /Known are --host HOST, --port PORT and --metrics/],
  ])('refuses %j', (argv, environment, message) => {
    expect(() => parse(argv, environment)).toThrow(message);
  });
});
