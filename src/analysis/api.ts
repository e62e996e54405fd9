/** Prediction as a worker offers it. */
import type { RunConfig } from '../config/schema';
import type { ImportFile } from '../data/api';
import type { ModelRef, ModelSummary } from '../store/schema';
import type { GeneratedText, GenerationSettings, PredictionResult } from './prediction';

/** The examples of a dataset to predict: one split of the model's own run, or all. */
export type PredictionSplit = 'train' | 'val' | 'test' | 'all';

/** The part of the model worker that computes. */
export interface AnalysisApi {
  /** Shapes, parameters and memory of the model that `config` makes of a dataset. Throws LatheError `config`, `data`. */
  summarize(config: RunConfig, datasetId: string): Promise<ModelSummary>;
  /** Predicts (a split of) a stored dataset, at most `limit` examples of it. */
  predictDataset(ref: ModelRef, datasetId: string, split: PredictionSplit, limit?: number): Promise<PredictionResult>;
  /** Predicts the examples of files, which are not kept. */
  predictFiles(ref: ModelRef, files: ImportFile[]): Promise<PredictionResult>;
  /** Predicts rows of a table given as text by column. */
  predictRows(ref: ModelRef, rows: Record<string, string>[]): Promise<PredictionResult>;
  /** Has a language model write. Throws LatheError `data` where the model is none, `usage` for settings out of range. */
  generate(ref: ModelRef, settings: GenerationSettings): Promise<GeneratedText>;
}
