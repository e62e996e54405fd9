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
/** What all iterators inherit from. */
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object;
// tfjs is to take the platform of a browser's worker: what is measured is the build for browsers.
Object.assign(globalThis, { self: globalThis, WorkerGlobalScope: class {} });

// jax-js maps and filters iterators, which Node can do by itself from version 22 on.
if (!('map' in iterators)) {
  Object.assign(iterators, {
    *map<T, U>(this: Iterable<T>, f: (value: T) => U): Generator<U> {
      for (const value of this) yield f(value);
    },
    *filter<T>(this: Iterable<T>, keep: (value: T) => boolean): Generator<T> {
      for (const value of this) if (keep(value)) yield value;
    },
  });
}

const answer = serve();
process.on('message', (request: Request) => {
  void answer(request).then((reply) => process.send?.(reply));
});
