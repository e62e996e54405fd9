/** Addresses of the pages, each in a chunk of its own, and the links to them. */
import { wrap } from 'svelte-spa-router/wrap';
import type { RouteDefinition } from 'svelte-spa-router';
import type { ModelRef } from '../store/schema';

/** Pages by hash route. */
export const routes: RouteDefinition = {
  '/': wrap({ asyncComponent: () => import('./pages/home/Home.svelte') }),
  '/data': wrap({ asyncComponent: () => import('./pages/data/Datasets.svelte') }),
  '/data/:id': wrap({ asyncComponent: () => import('./pages/dataset/Dataset.svelte') }),
  '/train': wrap({ asyncComponent: () => import('./pages/train/Train.svelte') }),
  '/runs': wrap({ asyncComponent: () => import('./pages/runs/Runs.svelte') }),
  '/runs/compare': wrap({ asyncComponent: () => import('./pages/compare/Compare.svelte') }),
  '/runs/:id': wrap({ asyncComponent: () => import('./pages/run/Run.svelte') }),
  '/sweeps': wrap({ asyncComponent: () => import('./pages/sweeps/Sweeps.svelte') }),
  '/sweeps/:id': wrap({ asyncComponent: () => import('./pages/sweep/Sweep.svelte') }),
  '/models': wrap({ asyncComponent: () => import('./pages/models/Models.svelte') }),
  '/models/:kind/:id': wrap({ asyncComponent: () => import('./pages/model/Model.svelte') }),
  '/registry/:model/:version': wrap({ asyncComponent: () => import('./pages/model/Version.svelte') }),
  '/peers': wrap({ asyncComponent: () => import('./pages/peers/Peers.svelte') }),
  '/join/*': wrap({ asyncComponent: () => import('./pages/join/Join.svelte') }),
  '/sync': wrap({ asyncComponent: () => import('./pages/sync/Sync.svelte') }),
  '/settings': wrap({ asyncComponent: () => import('./pages/settings/Settings.svelte') }),
  '*': wrap({ asyncComponent: () => import('./pages/missing/Missing.svelte') }),
};

/** Link to a dataset. */
export const datasetHref = (id: string): string => `#/data/${encodeURIComponent(id)}`;

/** Link to a run, or to one of its tabs. */
export const runHref = (id: string, tab?: string): string =>
  `#/runs/${encodeURIComponent(id)}${tab && tab !== 'overview' ? `?tab=${tab}` : ''}`;

/** Link to a study, or to one of its tabs. */
export const studyHref = (id: string, tab?: string): string =>
  `#/sweeps/${encodeURIComponent(id)}${tab && tab !== 'overview' ? `?tab=${tab}` : ''}`;

/** Link to runs overlaid. */
export const compareHref = (ids: readonly string[]): string =>
  `#/runs/compare?ids=${ids.map(encodeURIComponent).join(',')}`;

/** Link to a trained model. */
export function modelHref(model: ModelRef): string {
  if ('run_id' in model) return `#/models/run/${encodeURIComponent(model.run_id)}`;
  if ('model_id' in model) return `#/models/imported/${encodeURIComponent(model.model_id)}`;
  return `#/registry/${encodeURIComponent(model.registered_model)}/${model.version}`;
}

/** Link to all that waits to be sent. */
export const SYNC_HREF = '#/sync';

/** Link to the settings of where runs are sent. */
export const TRACKING_HREF = '#/settings?part=tracking';

/** Link to the form for a run that others join. */
export const TOGETHER_HREF = '#/train?together=1';

/** Link to the form for a new search. */
export const SEARCH_HREF = '#/train?search=1';

/** Link to the form for a new run on a dataset, with a config where one is given (see `share.ts`). */
export const trainHref = (dataset: string, config?: string): string =>
  `#/train?dataset=${encodeURIComponent(dataset)}${config ? `&config=${config}` : ''}`;
