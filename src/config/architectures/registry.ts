import * as v from 'valibot';
import { cnn } from './cnn';
import { convnext } from './convnext';
import { linear } from './linear';
import { mlp } from './mlp';
import { sequential } from './sequential';
import { transformer } from './transformer';

/** Settings of every architecture. To add one: its settings here, its layers in `models/`. */
export const architectures = v.variant('architecture', [linear, mlp, cnn, convnext, sequential, transformer]);

/** The `model` section of a run config, all defaults filled in. */
export type ModelConfig = v.InferOutput<typeof architectures>;
