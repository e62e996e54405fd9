/**
 * Records what a run shows beside its curves: histograms, predictions, the confusion matrix, embeddings. It only looks:
 * nothing that training goes by is changed, and its random streams are its own.
 *
 * What is recorded at a step is stored before the checkpoint of that step is: a run that goes on from there has it, and one
 * that goes on from an earlier one has dropped it and makes it again.
 */
import { LatheError } from '../../base/errors';
import type { ResolvedConfig } from '../../config/schema';
import type { PreparedData } from '../../data/contract';
import type { Inference } from '../../models/inference';
import type { Model } from '../../models/model';
import type { MediaContent } from '../../store/media';
import type { ConfusionMatrix } from '../../store/schema';
import { ItemLoader } from '../item-loader';
import type { Reporter } from '../reporter';
import { drawConfusion } from './confusion-picture';
import { EmbeddingRows } from './embeddings';
import { chooseExamples, hasHidden, showExamples, type SeenExample } from './examples';
import { gradientHistograms, weightHistograms, type LastGradients, type TakeMedia } from './histograms';
import { recordPredictions } from './predictions';
import { writeText } from './written-text';

/** What a recorder works with. */
export interface RecorderParts {
  config: ResolvedConfig;
  data: PreparedData;
  model: Model;
  inference: Inference;
  /** Gradients of the last update; null where a group computes them. */
  gradients: LastGradients | null;
  reporter: Pick<Reporter, 'media' | 'log'>;
}

/** A moment at which something may be recorded. */
export interface Moment {
  step: number;
  /** Epochs that have ended. */
  epoch: number;
  /** Whether one has just ended as a whole. */
  whole: boolean;
  /** Whether the run ends here. */
  ending: boolean;
  /** That of the validation split, where it was made. */
  confusion: ConfusionMatrix | null;
  /** Whether an update was done in this sitting. */
  updated: boolean;
  /** Asked in between: whether nothing more of the run is wanted. */
  cancelled: () => boolean;
}

/** Whether a config asks for anything to be recorded. */
export const recordsMedia = ({ logging: { media } }: Pick<ResolvedConfig, 'logging'>): boolean =>
  media.histograms || media.predictions > 0 || media.embeddings > 0;

/** Records for one sitting of a run. */
export class MediaRecorder {
  readonly #parts: RecorderParts;
  /** Examples for predictions are among those for embeddings, or the other way round. */
  readonly #examples: Record<'predictions' | 'embeddings', Uint32Array>;
  readonly #said = new Set<string>();
  /** Step that was recorded last. */
  #recorded: number | null;

  /** @param recorded The step that the sitting begins at, where its media are stored already. */
  constructor(parts: RecorderParts, recorded: number | null) {
    this.#parts = parts;
    this.#recorded = recorded;
    const { config, data } = parts;
    const choose = (count: number): Uint32Array => chooseExamples(data, count, config.reproducibility.seed);
    const { predictions, embeddings } = config.logging.media;
    this.#examples = { predictions: choose(predictions), embeddings: choose(embeddings) };
  }

  /** Whether something is to be recorded at this moment. */
  due({ step, epoch, whole, ending }: Pick<Moment, 'step' | 'epoch' | 'whole' | 'ending'>): boolean {
    if (step === this.#recorded) return false;
    const { every_epochs } = this.#parts.config.logging.media;
    return ending || (whole && every_epochs !== null && epoch % every_epochs === 0);
  }

  /** Records and stores. A part that fails is told in the log. @throws LatheError of kind `storage` */
  async record(moment: Moment): Promise<void> {
    const { reporter } = this.#parts;
    const contents = new Map<string, MediaContent>();
    const take: TakeMedia = (name, content) => void contents.set(name, content);
    const parts: [what: string, record: () => Promise<void>][] = [
      ['histograms', () => this.#histograms(moment, take)],
      ['predictions', () => this.#predictions(take)],
      ['confusion matrix', () => this.#confusion(moment, take)],
      ['embeddings', () => this.#embeddings(take)],
    ];
    for (const [what, record] of parts) {
      if (moment.cancelled()) return;
      try {
        await record();
      } catch (error) {
        this.#warn(`The ${what} of step ${moment.step} could not be recorded. ${LatheError.from(error).message}`);
      }
    }
    await reporter.media(moment.step, contents);
    this.#recorded = moment.step;
  }

  async #histograms({ step, updated }: Moment, take: TakeMedia): Promise<void> {
    const { config, model, gradients } = this.#parts;
    if (!config.logging.media.histograms) return;
    const warn = (message: string): void => this.#warn(`Step ${step}: ${message}`);
    await weightHistograms(model, take, warn);
    if (gradients && updated) return gradientHistograms(model, gradients, take, warn);
    this.#once(
      gradients
        ? `There are no histograms of gradients of step ${step}: the run went on from there, and gradients are not kept.`
        : 'There are no histograms of gradients: each peer has those of its own examples only.',
    );
  }

  async #predictions(take: TakeMedia): Promise<void> {
    const { config, data, model, inference } = this.#parts;
    if (config.logging.media.predictions === 0 || !this.#hasExamples()) return;
    const { inputs } = data.preprocessing;
    if (inputs.kind === 'text') {
      // The last window may end within: the first one never does.
      const first = data.splits.validation.subarray(0, 1);
      const [loading] = new ItemLoader(data).load('', [first], new AbortController().signal);
      const text = await writeText(inference, await loading, inputs.vocabulary, config.reproducibility.seed);
      take('predictions/text', text);
      return;
    }
    const seen: SeenExample[] = [];
    const batchSize = config.training.batch_size;
    await showExamples(model, data, this.#examples.predictions, {
      batchSize,
      hidden: false,
      take: (example) => seen.push(example),
    });
    await recordPredictions(data.preprocessing, seen, take);
  }

  async #confusion({ epoch, confusion }: Moment, take: TakeMedia): Promise<void> {
    if (!confusion) return;
    const caption = `Confusion matrix of the validation split after epoch ${epoch}: rows are true classes, columns predicted ones`;
    take('confusion/val', await drawConfusion(confusion, caption));
  }

  async #embeddings(take: TakeMedia): Promise<void> {
    const { config, data, model } = this.#parts;
    if (config.logging.media.embeddings === 0 || !this.#hasExamples()) return;
    if (!hasHidden(model)) {
      this.#once('There are no embeddings: this model has no hidden layer.');
      return;
    }
    const rows = new EmbeddingRows(data.preprocessing);
    const batchSize = config.training.batch_size;
    const add = (example: SeenExample): void => rows.add(example);
    await showExamples(model, data, this.#examples.embeddings, { batchSize, hidden: true, take: add });
    const content = rows.content();
    if (content) take('embeddings/last_hidden', content);
    if (rows.left > 0) {
      this.#once(
        `The last hidden layer is too wide for so many embeddings: ${rows.left.toLocaleString('en')} examples are left out.`,
      );
    }
  }

  #hasExamples(): boolean {
    const found = this.#parts.data.splits.validation.length > 0;
    if (!found) {
      this.#once('There is no validation split, so neither predictions nor embeddings of its examples are recorded.');
    }
    return found;
  }

  #warn(message: string): void {
    this.#parts.reporter.log('warning', message);
  }

  /** What is no news the next time. */
  #once(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#parts.reporter.log('info', message);
  }
}
