import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { reachableHosts } from '../../../server/addresses';

const ipv4 = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  internal,
  family: 'IPv4',
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  cidr: null,
});
const INTERFACES = { lo: [ipv4('127.0.0.1', true)], docker0: [ipv4('172.17.0.1')], wlan0: [ipv4('192.168.1.5')] };

describe('where others reach a server', () => {
  it.each(['127.0.0.1', 'localhost', '::1'])('nowhere, when it listens on %s', (host) => {
    expect(reachableHosts(host, INTERFACES)).toEqual([]);
  });

  it('at the address it listens on', () => {
    expect(reachableHosts('10.0.0.7', INTERFACES)).toEqual(['10.0.0.7']);
    expect(reachableHosts('fd00::7', INTERFACES)).toEqual(['[fd00::7]']);
  });

  it('at those of the machine when it listens on all, those of containers last', () => {
    expect(reachableHosts('0.0.0.0', INTERFACES)).toEqual(['192.168.1.5', '172.17.0.1']);
  });
});
