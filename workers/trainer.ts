/** The trainer's worker: `TrainerApi` over the database and the data layer. */
import { connect, expose } from '../src/base/rpc';
import { prepareTraining } from '../src/data/prepare';
import { streamedData, type ExampleSupply } from '../src/data/streaming/streamed-data';
import { databaseBlobs } from '../src/store/blobs';
import { openDatabase } from '../src/store/database';
import { PortCollective } from '../src/peers/trainer/port-collective';
import { createTrainer } from '../src/training/trainer';

expose(
  createTrainer({
    database: () => openDatabase(),
    collective: (port, { training }) => new PortCollective(port, training.distributed.micro_batches),
    receive: (port, leaving) => streamedData(connect<ExampleSupply>(port), leaving),
    prepare: (database, dataset, config) => prepareTraining(dataset, config, databaseBlobs(database)),
  }),
);
