/** The worker that summarises, predicts, exports and imports models. */
import { analysisCommands } from '../src/analysis/commands';
import { Device } from '../src/analysis/device';
import { ModelCache } from '../src/analysis/model-cache';
import type { ModelApi } from '../src/app/workers';
import { expose } from '../src/base/rpc';
import { exportCommands } from '../src/export/commands';
import { openDatabase } from '../src/store/database';

const opened = openDatabase().then((database) => {
  const device = new Device(['webgpu', 'webgl', 'cpu'], () => cache.clear());
  const cache = new ModelCache(database, device);
  return { ...analysisCommands(database, cache), ...exportCommands(database, () => device.start()) };
});

// Calls that come before the database is open wait for it; one that cannot be opened fails every call with the reason.
const api: ModelApi = {
  summarize: async (...args) => (await opened).summarize(...args),
  predictDataset: async (...args) => (await opened).predictDataset(...args),
  predictFiles: async (...args) => (await opened).predictFiles(...args),
  predictRows: async (...args) => (await opened).predictRows(...args),
  generate: async (...args) => (await opened).generate(...args),
  exportModel: async (...args) => (await opened).exportModel(...args),
  importBundle: async (...args) => (await opened).importBundle(...args),
};

opened.catch(() => undefined);
expose(api);
