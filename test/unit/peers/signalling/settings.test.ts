import { describe, expect, it } from 'vitest';
import { LatheError } from '../../../../src/base/errors';
import {
  defaultPeerSettings,
  parsePeerSettings,
  parseSignallingUrl,
  rtcConfiguration,
  unreachableFrom,
} from '../../../../src/peers/signalling/settings';

const turn = { urls: ['turn:turn.example.org:3478?transport=udp'], username: 'ann', credential: 'secret' };

describe('settings of peers', () => {
  it('ask nobody by default', () => {
    expect(defaultPeerSettings()).toEqual({
      signalling: null,
      ice_servers: [],
      relay_only: false,
      connections: 1,
      name: null,
    });
    expect(rtcConfiguration(defaultPeerSettings()).iceServers).toEqual([]);
  });

  it('take servers as they are written, and hand them to the browser', () => {
    const settings = parsePeerSettings({
      signalling: 'https://meet.example',
      ice_servers: [{ urls: ['stun:stun.example.org', 'stun:[2001:db8::1]:3478'] }, turn],
      relay_only: true,
    });
    expect(settings.signalling).toBe('wss://meet.example/signal');
    expect(rtcConfiguration(settings)).toMatchObject({
      iceServers: [{ urls: ['stun:stun.example.org', 'stun:[2001:db8::1]:3478'] }, turn],
      iceTransportPolicy: 'relay',
    });
    expect(parsePeerSettings(settings)).toEqual(settings);
  });

  it.each([
    [{ signalling: 'ftp://x' }, 'signalling', 'is no address of a signalling server'],
    [{ ice_servers: [{ urls: ['http://x'] }] }, 'ice_servers.0.urls.0', 'is no address of a STUN or TURN server'],
    [{ ice_servers: [{ urls: ['stun:a b'] }] }, 'ice_servers.0.urls.0', 'is no address of a STUN or TURN server'],
    [{ ice_servers: [{ urls: turn.urls }] }, 'ice_servers.0', 'needs a user name and a credential'],
    [{ relay_only: true }, 'relay_only', 'needs a TURN server'],
    [{ connections: 9 }, 'connections', 'connections'],
    [{ colour: 'red' }, 'colour', 'colour'],
  ])('refuse %j by its key', (settings, key, message) => {
    let error: unknown;
    try {
      parsePeerSettings(settings);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LatheError);
    expect(LatheError.from(error).where.key).toBe(key);
    expect(LatheError.from(error).message).toContain(message);
  });
});

describe('the address of a signalling server', () => {
  it.each([
    ['ws:192.168.1.5:4173', 'ws://192.168.1.5:4173/signal'],
    ['http://192.168.1.5:4173/', 'ws://192.168.1.5:4173/signal'],
    ['wss://meet.example/deep/signal', 'wss://meet.example/deep/signal'],
    ['wss:meet.example', 'wss://meet.example/signal'],
  ])('%s means %s', (text, url) => {
    expect(parseSignallingUrl(text)).toBe(url);
  });

  it.each(['', 'meet.example', 'wss://', 'wss://a:b@meet.example', 'wss://meet.example/?q', 'javascript:alert(1)'])(
    '%j is none',
    (text) => {
      expect(() => parseSignallingUrl(text)).toThrow('is no address of a signalling server');
    },
  );

  it('is out of reach for a page over https when it is not over TLS, save on the same machine', () => {
    const https = 'https://lathe.example/';
    expect(unreachableFrom(https, 'ws://192.168.1.5:4173/signal')).toContain('npm start');
    expect(unreachableFrom(https, 'ws://localhost:4173/signal')).toBeNull();
    expect(unreachableFrom(https, 'wss://meet.example/signal')).toBeNull();
    expect(unreachableFrom('http://localhost:4173/', 'ws://192.168.1.5:4173/signal')).toBeNull();
  });
});
