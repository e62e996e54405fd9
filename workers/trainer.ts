/** The trainer's worker: `TrainerApi` over the database and the data layer. */
import { expose } from '../src/base/rpc';
import { prepareTraining } from '../src/data/prepare';
import { databaseBlobs } from '../src/store/blobs';
import { openDatabase } from '../src/store/database';
import { createTrainer } from '../src/training/trainer';

expose(
  createTrainer({
    database: () => openDatabase(),
    prepare: (database, dataset, config) => prepareTraining(dataset, config, databaseBlobs(database)),
  }),
);
