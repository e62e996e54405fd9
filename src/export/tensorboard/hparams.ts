/**
 * What the HParams dashboard knows of a run, as `HParamsPluginData` (TensorBoard, `plugins/hparams/plugin_data.proto`).
 *
 * There is no summary of an experiment, on purpose: TensorBoard takes the first that it finds under its folder, and then shows
 * of all runs only the parameters and metrics that this one names. Without any it gathers them from all runs.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { RunStatus } from '../../store/schema';
import type { DescribedRun } from '../described-run';

/** Tags that the dashboard looks for. */
export const SESSION_START = '_hparams_/session_start_info';
export const SESSION_END = '_hparams_/session_end_info';

/** `Status` of `plugins/hparams/api.proto`: 1 success, 2 failure. */
const STATUS: Record<RunStatus, number> = {
  running: 3,
  paused: 3,
  finished: 1,
  stopped: 1,
  pruned: 1,
  cancelled: 2,
  diverged: 2,
  failed: 2,
};

/** A run and its parameters. Those that are null are left out: the dashboard shows an empty cell. */
export function sessionStart({ params, group, started }: DescribedRun): Uint8Array {
  const writer = new BinaryWriter().tag(3, WireType.LengthDelimited).fork();
  for (const [key, value] of Object.entries(params)) {
    if (value === null) continue;
    writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).fork();
    // `google.protobuf.Value`
    if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value);
    else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value);
    else writer.tag(4, WireType.Varint).bool(value);
    writer.join().join();
  }
  // Runs of one group count as repetitions with the same parameters: peers are, trials are not.
  if (group?.role === 'peer') writer.tag(4, WireType.LengthDelimited).string(group.id);
  return writer
    .tag(5, WireType.Bit64)
    .double(started / 1000)
    .join()
    .finish();
}

/** How and when it ended. */
export const sessionEnd = (status: RunStatus, ended: number): Uint8Array =>
  new BinaryWriter()
    .tag(4, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Varint)
    .int32(STATUS[status])
    .tag(2, WireType.Bit64)
    .double(ended / 1000)
    .join()
    .finish();
