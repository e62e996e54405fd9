/**
 * How registered models are called: the rules of MLflow's Model Registry, so that a model of this browser can be sent to a
 * server under the same name. https://mlflow.org/docs/latest/ml/model-registry/
 */

/** Characters of a registered model's name, and of an alias. */
const MAX_NAME = 256;
const MAX_ALIAS = 255;

/** What is wrong with the name of a registered model, as the end of a sentence that begins with it; null: nothing. */
export function modelNameProblem(name: string): string | null {
  if (name.trim() === '') return 'is empty. Give the registered model a name.';
  if (name !== name.trim()) return 'begins or ends with white space. Take it away.';
  if (/[/:]/.test(name)) return 'has a / or a : in it, which stand between name and version in addresses of models.';
  if (name === '.' || name.startsWith('..')) return 'reads as a path. Choose another name.';
  if (name.length > MAX_NAME) return `has more than ${MAX_NAME} characters. Choose a shorter one.`;
  return null;
}

/** What is wrong with an alias, as the end of a sentence that begins with it; null: nothing. */
export function aliasProblem(alias: string): string | null {
  if (/^(?:latest|v\d+)$/i.test(alias))
    return 'is kept for the versions themselves, as in MLflow. Choose another, such as champion.';
  if (!/^[\w-]+$/.test(alias)) return 'may have letters of a to z, digits, _ and - only, such as champion.';
  if (alias.length > MAX_ALIAS) return `has more than ${MAX_ALIAS} characters. Choose a shorter one.`;
  return null;
}

/** A version of a registered model, as an address names it. */
export interface VersionAddress {
  model: string;
  /** `3`, `latest`, or an alias as `@champion`. */
  version: string;
}

/** What begins every such address. */
export const MODELS_SCHEME = 'models:/';

/** Reads `models:/NAME/3`, `models:/NAME/latest` or `models:/NAME@alias`; null where it is none of them. */
export function parseModelUri(uri: string): VersionAddress | null {
  if (!uri.startsWith(MODELS_SCHEME)) return null;
  const [, model = '', version = ''] = /^(.*?)(\/(?:\d+|latest)|@[^@/]+)$/.exec(uri.slice(MODELS_SCHEME.length)) ?? [];
  if (modelNameProblem(model) !== null) return null;
  return { model, version: version.replace(/^\//, '') };
}

/** The address of a version: `models:/NAME/3`. */
export const modelUri = (model: string, version: string): string => `${MODELS_SCHEME}${model}/${version}`;
