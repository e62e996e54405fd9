/** What goes into a bundle: a trained model and what is known about how it came to be. */
import type { RunConfig } from '../../config/schema';
import type { MetricSeries } from '../../store/metrics';
import type { ArchiveFile } from '../zip';
import type {
  BackendInfo,
  ConfusionMatrix,
  Metrics,
  ModelSummary,
  Preprocessing,
  TensorEntry,
} from '../../store/schema';

/** The dataset as a model card describes it. */
export interface BundleDataset {
  name: string;
  /** Its content hash. */
  hash: string;
  /** What is known while the dataset is still in the browser; null once it was deleted. */
  counts: { examples: number; test_examples: number; classes: { name: string; examples: number }[] } | null;
}

/** A run at the checkpoint that is exported. */
export interface BundleContent {
  name: string;
  run: {
    id: string;
    /** Milliseconds since the epoch. */
    created: number;
    status: string;
    reason: string | null;
    /** Spent training. */
    seconds: number;
    backend: BackendInfo | null;
    /** Examples a step, where the config left them to the device. */
    batch_size?: number;
  };
  checkpoint: { step: number; epoch: number };
  dataset: BundleDataset;
  config: RunConfig;
  preprocessing: Preprocessing;
  summary: ModelSummary;
  metrics: { train: Metrics; val: Metrics; test: Metrics } | null;
  confusion: { val: ConfusionMatrix | null; test: ConfusionMatrix | null };
  series: MetricSeries[];
  /** Little-endian float32 of all tensors in a row, placed by `tensors`. */
  weights: Uint8Array;
  tensors: TensorEntry[];
  weights_sha256: string;
  /** `model.json` of the tfjs LayersModel whose weights file is `weights`; null where stock layers cannot make it up. */
  tfjs_model: Uint8Array | null;
  /** The run as TensorBoard files, where the config asks for them. */
  tensorboard: ArchiveFile[];
}
