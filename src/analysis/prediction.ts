/** What a prediction is: the types that the page shows and the command line prints. */
import type { ConfusionMatrix, Metrics, Notice } from '../store/schema';
import type { Predicted } from '../training/predicted';

/** Prediction for one example. */
export interface Prediction extends Predicted {
  /** File name, row number, or place in the text. */
  name: string;
  /** Its position in the dataset, from 0, where the examples are those of a stored dataset. */
  index?: number;
}

/** What a language model is to write. */
export interface GenerationSettings {
  /** What it goes on from; empty: the beginning of a line. */
  prompt: string;
  /** Characters to write. */
  length: number;
  /** 1: as the model thinks; below: what is likely, more often; 0: always the likeliest character. */
  temperature: number;
  seed: number;
  /** What it wrote after the prompt before, where a text is written in pieces. */
  written?: string;
}

/** What a language model wrote. */
export interface GeneratedText {
  /** Without the prompt. */
  text: string;
  /** Characters of the prompt that the model does not know. */
  unknown: string[];
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
