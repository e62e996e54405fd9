/** What a prediction is: the types that the page shows and the command line prints. */
import type { ConfusionMatrix, Metrics, Notice } from '../store/schema';

/** Prediction for one example. */
export interface Prediction {
  /** File name, or row number. */
  name: string;
  /** Its position in the dataset, from 0, where the examples are those of a stored dataset. */
  index?: number;
  /** Classification: the likeliest label; regression: the values by target, in their own unit. */
  label?: string;
  /** Classification: probability by label, all labels, in the order of the classes. */
  probabilities?: Record<string, number>;
  values?: Record<string, number>;
  /** What the data says, where it says something. */
  actual?: string | Record<string, number>;
}

/** Predictions of a model over examples. */
export interface PredictionResult {
  n: number;
  predictions: Prediction[];
  /** Where the data has labels. */
  metrics: Metrics | null;
  confusion: ConfusionMatrix | null;
  notices: Notice[];
}
