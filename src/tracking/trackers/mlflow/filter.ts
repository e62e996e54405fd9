/** Filters of MLflow's searches: https://mlflow.org/docs/latest/ml/search/search-runs/ */
import { DeliveryError } from '../../http/http';

/** A text in a filter. Filters know no escapes, but two kinds of quotes. @throws DeliveryError where it has both */
export function quote(value: string): string {
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('"')) return `"${value}"`;
  throw new DeliveryError(
    'local',
    `MLflow cannot be asked for a name with both kinds of quotes in it (${value}). Rename it there.`,
  );
}
