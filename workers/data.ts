/** The data worker: `DataApi` over the database. */
import { expose } from '../src/base/rpc';
import { createCatalogue } from '../src/data/catalogue';
import { openDatabase } from '../src/store/database';

expose(createCatalogue(() => openDatabase()));
