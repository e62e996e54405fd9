import { parseConfig } from '../../src/config/parse';
import type { RunRow } from '../../src/store/schema';

/** A run's row as it is when the run starts, but for `fields`. */
export function runRow(id: string, fields: Partial<RunRow> = {}): RunRow {
  return {
    id,
    name: id,
    created: 1,
    updated: 1,
    deleted_at: null,
    status: 'running',
    reason: null,
    config: parseConfig({}),
    config_hash: '',
    dataset_id: 'd',
    dataset_name: 'digits',
    dataset_hash: 'h',
    study_id: '',
    trial: null,
    group: null,
    tags: [],
    notes: '',
    backend: null,
    model: null,
    preprocessing: null,
    epoch: 0,
    step: 0,
    total_steps: null,
    seconds: 0,
    samples_per_second: null,
    latest: {},
    best: {},
    metrics: null,
    confusion: { val: null, test: null },
    best_checkpoint: null,
    latest_checkpoint: null,
    weights_sha256: null,
    resumed: [],
    notices: [],
    ...fields,
  };
}
