/** The process of one engine in Node; its argument is the address of the `webgpu` module. */
import { performance } from 'node:perf_hooks';
import { serve } from '../serve';
import type { Request } from '../protocol';

/** What Dawn for Node offers. */
interface Dawn {
  create(flags: string[]): GPU;
  globals: Record<string, unknown>;
}

const dawn = (await import(/* @vite-ignore */ process.argv[2])) as Dawn;
Object.assign(globalThis, dawn.globals, { performance });
// The object is kept alive here: adapters that it gave die with it.
const gpu = dawn.create([]);
Object.defineProperty(globalThis, 'navigator', {
  value: { gpu, userAgent: 'node', hardwareConcurrency: 2 },
  configurable: true,
});
// tfjs is to take the platform of a browser's worker: what is measured is the build for browsers.
Object.assign(globalThis, { self: globalThis, WorkerGlobalScope: class {} });

const answer = serve();
process.on('message', (request: Request) => {
  void answer(request).then((reply) => process.send?.(reply));
});
