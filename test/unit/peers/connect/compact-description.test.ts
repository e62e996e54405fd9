import { describe, expect, it } from 'vitest';
import { deflateSync } from 'fflate';
import { packDescription, unpackDescription } from '../../../../src/peers/connect/compact-description';
import { fingerprintOf } from '../../../../src/peers/connect/fingerprints';

const HEX = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase()).join(':');
const SDP = [
  'v=0',
  'o=- 8837 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=application 50000 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 192.168.1.5',
  'a=candidate:1 1 udp 2113937151 0a1b2c3d-1111-2222-3333-444455556666.local 50000 typ host generation 0 network-cost 999',
  'a=candidate:2 1 UDP 1677729535 203.0.113.9 50001 typ srflx raddr 192.168.1.5 rport 50000',
  'a=candidate:3 1 tcp 1518214911 192.168.1.5 9 typ host tcptype active',
  'a=candidate:4 1 udp 41885439 2001:db8::7 50002 typ relay raddr 203.0.113.9 rport 50001',
  'a=ice-ufrag:Ab+/',
  'a=ice-pwd:0123456789abcdefABCDEF+/',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${HEX}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n');

describe('a description in few bytes', () => {
  it('keeps what is needed to connect, and none of the addresses behind the ways', () => {
    const packed = packDescription(SDP);
    expect(packed?.length).toBeLessThan(SDP.length / 3);
    const sdp = unpackDescription(packed ?? new Uint8Array()) ?? '';
    expect(fingerprintOf(sdp)).toBe(`sha-256 ${HEX}`);
    for (const line of [
      'a=ice-ufrag:Ab+/',
      'a=ice-pwd:0123456789abcdefABCDEF+/',
      'a=setup:actpass',
      'a=mid:0',
      'a=candidate:1 1 udp 2113937151 0a1b2c3d-1111-2222-3333-444455556666.local 50000 typ host',
      'a=candidate:2 1 udp 1677729535 203.0.113.9 50001 typ srflx raddr 0.0.0.0 rport 0',
      'a=candidate:3 1 udp 41885439 2001:db8::7 50002 typ relay raddr 0.0.0.0 rport 0',
    ]) {
      expect(sdp.split('\r\n')).toContain(line);
    }
    expect(sdp).not.toContain('192.168.1.5');
    expect(packDescription(sdp)).toEqual(packed);
  });

  it('is refused when something of it is missing', () => {
    for (const name of ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup', 'mid']) {
      expect(packDescription(SDP.replace(new RegExp(`a=${name}:.*\r\n`), ''))).toBeNull();
    }
  });

  it('is refused when it is damaged, far too long, or would add lines', () => {
    const packed = packDescription(SDP) ?? new Uint8Array();
    const pack = (value: unknown) => deflateSync(new TextEncoder().encode(JSON.stringify(value)));
    expect(unpackDescription(packed.subarray(0, 20))).toBeNull();
    expect(unpackDescription(new Uint8Array())).toBeNull();
    expect(unpackDescription(deflateSync(new Uint8Array(10_000_000)))).toBeNull();
    const good = ['u', 'p', 'A'.repeat(43), 'active', '0', []];
    expect(unpackDescription(pack(good))).toContain('a=ice-ufrag:u\r\n');
    expect(unpackDescription(pack(['u\r\na=x:y', ...good.slice(1)]))).toBeNull();
  });
});

describe('the fingerprint of a description', () => {
  it('is one, or none', () => {
    expect(fingerprintOf(SDP.replace('sha-256', 'SHA-256').replace('1F', '1f'))).toBe(`sha-256 ${HEX}`);
    expect(fingerprintOf('v=0\r\n')).toBeNull();
    expect(fingerprintOf(`${SDP}a=fingerprint:sha-256 00:11\r\n`)).toBeNull();
  });
});
