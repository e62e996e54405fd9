/** What the types of the sections `logging` and `registry` cannot say. */
import { show, type ConfigProblem } from './explain';
import { aliasProblem, modelNameProblem } from './registered-models';
import type { RunConfig } from './schema';

const URI = 'registry.mlflow.tracking_uri';

/** One problem for each setting that cannot be as it is. */
export function checkLogging({ logging, registry }: RunConfig): ConfigProblem[] {
  const { tracking_uri: uri, model_name: model, alias } = registry.mlflow;
  const problems: ConfigProblem[] = [];
  const find = (key: string, message: string): void => void problems.push({ key, message: `${key} ${message}` });

  if (uri !== null && uri !== 'local') checkUri(uri, find);
  if (logging.mlflow.enabled === true && (uri === null || uri === 'local')) {
    find('logging.mlflow.enabled', `is true, but there is no server to send to. Set ${URI} to its address.`);
  }
  if (alias !== null && model === null) {
    find('registry.mlflow.alias', 'needs registry.mlflow.model_name: an alias belongs to a registered model.');
  }
  const wrongModel = model === null ? null : modelNameProblem(model);
  if (wrongModel !== null) find('registry.mlflow.model_name', `is ${show(model)}: it ${wrongModel}`);
  const wrongAlias = alias === null ? null : aliasProblem(alias);
  if (wrongAlias !== null) find('registry.mlflow.alias', `is ${show(alias)}: it ${wrongAlias}`);
  for (const [key, url] of [
    ['logging.wandb.base_url', logging.wandb.base_url],
    ['logging.prometheus.gateway', logging.prometheus.gateway],
  ] as const) {
    if (url !== null) checkAddress(key, url, find);
  }
  return problems;
}

type Find = (key: string, message: string) => void;

/** A database or a folder as the place of an MLflow's runs can be opened by a server only. */
function checkUri(uri: string, find: Find): void {
  if (/^https?:/i.test(uri)) return checkAddress(URI, uri, find);
  const shown = uri.replace(/^(\w[\w+.-]*:\/\/[^/@:]*):[^@/]*@/, '$1:***@');
  const store = /^\w[\w+.-]*:/.test(uri) ? shown : `sqlite:///${shown.replace(/\/$/, '')}/mlflow.db`;
  find(
    URI,
    `is ${show(shown)}, which only a server can open. Start one with: mlflow server --backend-store-uri "${store}" --serve-artifacts --port 5000, and set ${URI} to http://localhost:5000.`,
  );
}

function checkAddress(key: string, address: string, find: Find): void {
  if (!URL.canParse(address) || !/^https?:\/\//i.test(address)) {
    find(key, `is ${show(address)}; expected an http(s) address.`);
    return;
  }
  const url = new URL(address);
  if (url.username || url.password) {
    find(
      key,
      `holds a name or a password. Take them out, and give them under Settings, Tracking: they stay in this browser.`,
    );
  }
}
