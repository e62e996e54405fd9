/** The study's worker: `StudyApi` over the database. */
import { expose } from '../src/base/rpc';
import { openDatabase } from '../src/store/database';
import { createKeeper } from '../src/sweeps/keeper';

const database = openDatabase();
expose(createKeeper(() => database));
