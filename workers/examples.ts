/** The worker that has the data of a run ready for those who train it without: `ExamplesApi` over the database. */
import { expose, transfer } from '../src/base/rpc';
import { runExamples } from '../src/data/streaming/holder';
import { openDatabase } from '../src/store/database';
import type { ExamplesApi } from '../src/data/streaming/api';

const api: ExamplesApi = {
  open(runId, port) {
    const holder = runExamples(() => openDatabase(), runId);
    expose(
      {
        preparation: () => holder.preparation(),
        examples: async (indices: readonly number[]) => {
          const bytes = await holder.examples(indices);
          return transfer(bytes, [bytes.buffer]);
        },
      },
      port,
    );
  },
};

expose(api);
