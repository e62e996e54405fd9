/** Every architecture, and the layers it is made of. To add one: a file in `architectures/` and a line here. */
import type { ModelConfig } from '../config/architectures/registry';
import { cnnLayers } from './architectures/cnn';
import { linearLayers } from './architectures/linear';
import { mlpLayers } from './architectures/mlp';
import { sequentialLayers } from './architectures/sequential';
import type { LayerEntry } from './plan';

/** The layers of an architecture, without the output layer, which the data decides. */
export function architectureLayers(settings: ModelConfig): LayerEntry[] {
  switch (settings.architecture) {
    case 'linear':
      return linearLayers();
    case 'mlp':
      return mlpLayers(settings);
    case 'cnn':
      return cnnLayers(settings);
    case 'sequential':
      return sequentialLayers(settings);
  }
}
