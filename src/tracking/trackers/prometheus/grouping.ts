/**
 * Where a Pushgateway keeps the metrics of a run: under a path of label names and values
 * (https://github.com/prometheus/pushgateway#url).
 */
import { encodeBase64url } from '../../../base/base64url';

/** What can stand in a path as it is. `.` and `..` alone are taken for folders. */
const PLAIN = /^(?!\.{1,2}$)[A-Za-z0-9_.~-]+$/;

/** `/run/a1b2c3d4`, or in base64 where the value has characters that mean something in a path, or is empty. */
function segment(label: string, value: string): string {
  if (PLAIN.test(value)) return `/${label}/${value}`;
  // Padding may be left out, but something must stand there.
  return `/${label}@base64/${encodeBase64url(new TextEncoder().encode(value)) || '='}`;
}

/** Address of the group of a run at the gateway `url`. */
export function groupAddress(url: string, job: string, run: string): string {
  return `${url.replace(/\/+$/, '')}/metrics${segment('job', job)}${segment('run', run)}`;
}
