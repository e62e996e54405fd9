/** Every engine, loaded only where it is measured: each in a worker of its own. */
import type { Engine } from './engine';

/** Loads an engine by name. To add one: a file here and a line below. */
export const ENGINES: Record<string, () => Promise<Engine>> = {
  lathe: async () => (await import('./lathe')).lathe,
  tfjs: async () => (await import('./tfjs')).tfjs,
  'jax-js': async () => (await import('./jax-js')).jaxJs,
};
