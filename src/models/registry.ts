/** Every architecture, and the layers it is made of. To add one: a file in `architectures/` and a line here. */
import type { ModelConfig } from '../config/architectures/registry';
import { cnnLayers } from './architectures/cnn';
import { convnextLayers } from './architectures/convnext';
import { linearLayers } from './architectures/linear';
import { mlpLayers } from './architectures/mlp';
import { sequentialLayers } from './architectures/sequential';
import { transformerLayers } from './architectures/transformer';
import type { LayerEntry, ModelIo } from './plan';

/** The layers of an architecture, without the output layer, which the data decides. */
export function architectureLayers(settings: ModelConfig, io: ModelIo): LayerEntry[] {
  switch (settings.architecture) {
    case 'linear':
      return linearLayers();
    case 'mlp':
      return mlpLayers(settings);
    case 'cnn':
      return cnnLayers(settings);
    case 'convnext':
      return convnextLayers(settings, io);
    case 'sequential':
      return sequentialLayers(settings);
    case 'transformer':
      return transformerLayers(settings, io);
  }
}
