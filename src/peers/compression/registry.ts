/** Every compression by its name. To add one: a file here, a name in `CodecConfig`, and a line below. */
import type { VectorShape } from '../reduce/layout';
import type { CodecConfig } from './codec';
import { exactSession } from './exact';
import { float16 } from './formats/float16';
import { int8 } from './formats/int8';
import { powersgdSession } from './powersgd';
import { roundedSession } from './rounded';
import type { CodecSession } from './session';

/** Starts a compression with an empty memory. */
export function createCodecSession(config: CodecConfig, shape: VectorShape): CodecSession {
  switch (config.name) {
    case 'float32':
      return exactSession(shape);
    case 'float16':
      return roundedSession(config, shape, float16, false);
    case 'int8':
      return roundedSession(config, shape, int8, true);
    case 'powersgd':
      return powersgdSession(config.rank, shape);
  }
}
