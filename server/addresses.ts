/** Where other machines reach this one. */
import { isIP } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Interfaces of containers and virtual machines: listed last, others on the network do not reach them. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|tun|tap|utun)/;

/** Whether a server that listens on `host` hears this machine only. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

/** Whether `host` stands for every address of this machine. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/**
 * Hosts under which other machines reach a server that listens on `host`, the likeliest first, as they stand in a URL.
 * @param interfaces what the operating system says of its networks
 */
export function reachableHosts(
  host: string,
  interfaces: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>> = networkInterfaces(),
): string[] {
  if (isLoopback(host)) return [];
  if (!isWildcard(host)) return [isIP(host) === 6 ? `[${host}]` : host];
  return Object.entries(interfaces)
    .flatMap(([name, infos = []]) => infos.map((info) => ({ ...info, virtual: VIRTUAL.test(name) })))
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .sort((a, b) => Number(a.virtual) - Number(b.virtual))
    .map(({ address }) => address);
}
