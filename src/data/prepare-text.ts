/** Text made ready: tokens by a vocabulary of the training part, in windows of the model's context. */
import { LatheError } from '../base/errors';
import type { RunConfig } from '../config/schema';
import type { BlobStore } from '../store/blobs';
import type { Notice, Preprocessing, TextDatasetRow } from '../store/schema';
import type { Batch, PredictionData, PreparedData } from './contract';
import { plural, warning } from './prepare-common';
import { encodeDataset, fitVocabulary, UNKNOWN, type Vocabulary } from './text/tokens';
import { splitWindows, windowCount, type SplitWindows, type TextPart } from './text/windows';

/** What a language model is asked for. */
const TARGET = 'next character';

/** Windows of a text as batches. @throws LatheError of kind `config` or `data`. */
export async function prepareText(dataset: TextDatasetRow, config: RunConfig, blobs: BlobStore): Promise<PreparedData> {
  const { context, windows, vocabulary, preprocessing } = await fitText(dataset, config, blobs);
  const tokens = await encodeDataset(dataset, vocabulary.characters, blobs);
  return {
    examples: windowCount(tokens.length, context),
    preprocessing,
    splits: windows.splits,
    class_counts: null,
    notices: noticeUnknown(vocabulary, heldOut(tokens, windows.training)),
    // The token after a piece of the training part is the first that is held out: no window of training asks for it.
    batch: windowBatches(tokens, context, new Set(windows.training.map(([, end]) => end))),
  };
}

/** What lies between a text and a language model. @throws LatheError of kind `config` or `data`. */
export async function describeText(
  dataset: TextDatasetRow,
  config: RunConfig,
  blobs: BlobStore,
): Promise<Preprocessing> {
  return (await fitText(dataset, config, blobs)).preprocessing;
}

interface FittedText {
  context: number;
  windows: SplitWindows;
  vocabulary: Vocabulary;
  preprocessing: Preprocessing;
}

async function fitText(dataset: TextDatasetRow, config: RunConfig, blobs: BlobStore): Promise<FittedText> {
  const context = contextOf(dataset, config);
  const windows = selectWindows(dataset, config);
  const vocabulary = await fitVocabulary(dataset, windows.training, blobs);
  if (vocabulary.characters.length < 2) {
    throw new LatheError(
      'data',
      `“${dataset.name}” repeats one character in its training part: there is nothing to learn. Choose another text.`,
    );
  }
  const preprocessing: Preprocessing = {
    version: 1,
    task: 'language_model',
    input_shape: [context],
    inputs: { kind: 'text', vocabulary: vocabulary.characters },
    target: [TARGET],
    classes: null,
    target_scale: null,
  };
  return { context, windows, vocabulary, preprocessing };
}

/** The windows of a text that a run uses, and their splits. @throws LatheError of kind `config` or `data`. */
export function selectWindows(dataset: TextDatasetRow, config: RunConfig): SplitWindows {
  const { data, reproducibility } = config;
  refuseOthers(dataset, data);
  return splitWindows({
    characters: dataset.examples,
    context: contextOf(dataset, config),
    ...data.split,
    limit: data.limit,
    seed: reproducibility.seed,
  });
}

/** Windows of a text, or those at `positions` (ascending), as batches for a trained model. */
export async function predictText(
  dataset: TextDatasetRow,
  { input_shape: [context] }: Preprocessing,
  vocabulary: string[],
  blobs: BlobStore,
  positions?: Uint32Array,
): Promise<PredictionData> {
  const tokens = await encodeDataset(dataset, vocabulary, blobs);
  const count = windowCount(tokens.length, context);
  if (count === 0) {
    throw new LatheError('data', `“${dataset.name}” has a single character, and nothing comes after it. Give it more.`);
  }
  const chosen = positions ?? Uint32Array.from({ length: count }, (_, i) => i);
  const batch = windowBatches(tokens, context, new Set());
  const unknown = countUnknown(tokens);
  return {
    examples: chosen.length,
    names: Array.from(chosen, (window) => {
      const [from, to] = [window * context + 1, Math.min(tokens.length, (window + 1) * context)];
      return `characters ${from.toLocaleString('en')}–${to.toLocaleString('en')}`;
    }),
    labelled: true,
    notices:
      unknown > 0
        ? [warning(`${plural(unknown, 'character')} of “${dataset.name}” ${areUnknown(unknown)} to the model.`)]
        : [],
    batch: (indices) => batch(Array.from(indices, (index) => chosen[index])),
  };
}

/** Context of the model that a config makes of a text. @throws LatheError of kind `config` when it reads no text. */
function contextOf({ name }: TextDatasetRow, { model }: RunConfig): number {
  if (model.architecture === 'transformer') return model.context;
  throw new LatheError(
    'config',
    `model.architecture is ${model.architecture}, which reads numbers or images; “${name}” is text. Set it to transformer.`,
    { key: 'model.architecture' },
  );
}

/** Text has no columns and one task: a config that names others is meant for other data. */
function refuseOthers({ name }: TextDatasetRow, { task, target, columns }: RunConfig['data']): void {
  const refuse = (key: string, sentence: string): never => {
    throw new LatheError('config', `${key}${sentence}`, { key });
  };
  if (task !== null && task !== 'language_model') {
    refuse('data.task', ` is ${task}; “${name}” is text, which only a language_model learns. Set it to null.`);
  }
  if (target !== null) {
    refuse(
      'data.target',
      ` is ${[target].flat().join(', ')}; “${name}” is text, whose target is its next character. Set it to null.`,
    );
  }
  const [column] = Object.keys(columns);
  if (column !== undefined) {
    refuse(`data.columns.${column}`, `: “${name}” is text, which has no columns. Remove data.columns.`);
  }
}

/** Batches of windows: positions past the end show no character and ask for none, nor do any ask for the tokens `masked`. */
function windowBatches(
  tokens: Uint16Array,
  context: number,
  masked: ReadonlySet<number>,
): (windows: ArrayLike<number>) => Batch {
  return (windows) => {
    const n = windows.length;
    const inputs = new Float32Array(n * context);
    const targets = new Int32Array(n * context).fill(-1);
    for (let i = 0; i < n; i++) {
      const start = windows[i] * context;
      const end = Math.min(start + context, tokens.length);
      for (let at = start; at < end; at++) {
        inputs[i * context + at - start] = tokens[at];
        const next = at + 1;
        if (next < tokens.length && !masked.has(next)) targets[i * context + at - start] = tokens[next];
      }
    }
    return { n, inputs, targets };
  };
}

/** The tokens around the pieces of the training part. */
const heldOut = (tokens: Uint16Array, training: readonly TextPart[]): Uint16Array[] =>
  [0, ...training.map(([, end]) => end)].map((start, i) =>
    tokens.subarray(start, training.at(i)?.[0] ?? tokens.length),
  );

/** Notices on characters without a token of their own, in the held-out parts and in training. */
function noticeUnknown({ characters, rare }: Vocabulary, held: Uint16Array[]): Notice[] {
  const unknown = held.reduce((sum, part) => sum + countUnknown(part), 0);
  const notices: Notice[] = [];
  if (unknown > 0) {
    notices.push(
      warning(
        `${plural(unknown, 'character')} of the held-out text ${unknown === 1 ? 'does' : 'do'} not occur in the training part, and ${areUnknown(unknown)} to the model.`,
      ),
    );
  }
  if (rare > 0) {
    notices.push(
      warning(
        `${plural(rare, 'rare character')} share one token; the ${plural(characters.length, 'most frequent one')} have their own.`,
      ),
    );
  }
  return notices;
}

const countUnknown = (tokens: Uint16Array): number =>
  tokens.reduce((sum, token) => sum + (token === UNKNOWN ? 1 : 0), 0);

const areUnknown = (count: number): string => (count === 1 ? 'is unknown' : 'are unknown');
