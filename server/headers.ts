/** Headers of every answer, for any host of the page. None of them is required by the page. */
import { CONTENT_SECURITY_POLICY } from './csp';

/** Name and value of each header. Files in `assets/` may also be cached for good, everything else must be asked for. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'geolocation=(), payment=(), usb=()',
};
