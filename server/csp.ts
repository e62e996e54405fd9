/**
 * The page's Content-Security-Policy. Scripts come from the page's own origin only; WebAssembly may compile (hashing);
 * `connect-src` is open because users name servers of their own, and one module of the page refuses every origin that
 * the user did not configure.
 */
const DIRECTIVES: Record<string, string> = {
  'default-src': "'self'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  // Svelte sets style attributes.
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' blob: data:",
  // Sounds that a run recorded.
  'media-src': "'self' blob:",
  'connect-src': "'self' blob: data: http: https: ws: wss:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

const write = (directives: [string, string][]): string => directives.map((pair) => pair.join(' ')).join('; ');

/** The policy as a response header. */
export const CONTENT_SECURITY_POLICY = write(Object.entries(DIRECTIVES));

/** The policy for a `<meta>` element, where `frame-ancestors` has no effect and browsers warn about it. */
export const META_CONTENT_SECURITY_POLICY = write(
  Object.entries(DIRECTIVES).filter(([name]) => name !== 'frame-ancestors'),
);
