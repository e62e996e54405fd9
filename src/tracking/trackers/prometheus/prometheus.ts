/**
 * Pushes the newest values of a run to a Prometheus Pushgateway, or to this page's own server where it was started with
 * `--metrics`. Every push replaces all that was pushed of the run, so nothing is doubled by sending it again. The group of a
 * run stays when the run has ended, as it does for every job that pushes: Prometheus would miss the last values otherwise,
 * and a tab that is closed could not come back to delete it.
 */
import * as v from 'valibot';
import { EXPOSITION_TYPE, readExposition, writeExposition } from '../../../base/exposition';
import { LatheError } from '../../../base/errors';
import type { RunConfig } from '../../../config/schema';
import type { Json } from '../../../store/study';
import { DeliveryError, type Http, type HttpRequest } from '../../http/http';
import type { Answer, Batch, Connection, RemoteRun, TrackedRun, Tracker } from '../../tracker';
import { familiesOf, withPoints, type Newest } from './families';
import { groupAddress } from './grouping';

/** Where metrics are pushed, and under which job. */
type PrometheusOptions = { url: string; job: string };

/** Milliseconds between two pushes: Prometheus asks the gateway less often than that. */
const PAUSE_MS = 5000;

/** Points that are looked through at once for the newest. */
const MOST_POINTS = 100_000;

/** Id of a run that never is: to ask for what must be allowed, and changes nothing. */
const NOBODY = 'lathe-check';

/** What a gateway may show at most when it is looked at. */
const LIMITS = { families: 10_000, samples: 1_000_000, labels: 64, name: 1024, value: 65_536 };

const address = v.pipe(
  v.string(),
  v.trim(),
  v.check(
    (text) => URL.canParse(text) && /^https?:\/\//i.test(text),
    'The address of the gateway must be one of http or https, such as http://localhost:9091.',
  ),
  v.check((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password, search, hash } = new URL(text);
    return `${username}${password}${search}${hash}` === '';
  }, 'The address of the gateway must end with its path. A name and a password are given for the server, not in its address.'),
);

const schema = v.object({
  url: address,
  job: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1, 'The job needs a name, such as lathe.')), 'lathe'),
});

/** Values are kept as text: JSON has no NaN, and a curve may have one. */
const stateSchema = v.object({ newest: v.record(v.string(), v.tuple([v.number(), v.string()])) });

/** Requests; a Pushgateway never lets pages of other origins talk to it, and has no option for it. */
async function ask(http: Http, request: HttpRequest): Promise<Response> {
  try {
    return await http.request(request);
  } catch (thrown) {
    if (!(thrown instanceof DeliveryError) || thrown.code !== 'cors') throw thrown;
    throw new DeliveryError(
      'cors',
      `${new URL(request.url).origin} answers, but does not let this page talk to it: a Pushgateway has no option for that. Put a proxy before it that adds the CORS headers, as docs/tracking/prometheus.md shows, or start this page’s server with npm start -- --metrics and give its address.`,
      { cause: thrown },
    );
  }
}

/** A run in a gateway. */
class PushedRun implements RemoteRun {
  readonly url = null;
  readonly #options: PrometheusOptions;
  readonly #http: Http;
  #run: TrackedRun;
  #newest: Newest;

  constructor(options: PrometheusOptions, http: Http, run: TrackedRun, newest: Newest) {
    this.#options = options;
    this.#http = http;
    this.#run = run;
    this.#newest = newest;
  }

  get state(): Json {
    return {
      newest: Object.fromEntries([...this.#newest].map(([name, { step, value }]) => [name, [step, String(value)]])),
    };
  }

  /** Pushes again what was pushed where the batch is one that may have arrived: that changes nothing. */
  async send({ points }: Batch): Promise<Answer> {
    this.#newest = withPoints(this.#newest, points);
    await this.#push();
    return { stop: false };
  }

  /** Only numbers go there. */
  async upload(): Promise<void> {}

  async update(run: TrackedRun): Promise<void> {
    this.#run = run;
    await this.#push();
  }

  /** The page's own server forgets a run that is not heard of. */
  async beat(): Promise<Answer> {
    await this.#push();
    return { stop: false };
  }

  async #push(): Promise<void> {
    const { url, job } = this.#options;
    await ask(this.#http, {
      method: 'PUT',
      url: groupAddress(url, job, this.#run.id),
      headers: { 'Content-Type': EXPOSITION_TYPE },
      body: writeExposition(familiesOf(this.#run, this.#newest, job)),
    });
  }
}

/** What was remembered; nothing where it was lost: the run's row tells the last values then. */
function restore(state: Json): Newest {
  const parsed = v.safeParse(stateSchema, state);
  if (!parsed.success) return new Map();
  return new Map(
    Object.entries(parsed.output.newest).map(([name, [step, value]]) => [name, { step, value: Number(value) }]),
  );
}

/** Asks to delete a group that is not there, which needs the same permission as a push, and looks at what is there. */
async function check({ url, job }: PrometheusOptions, http: Http): Promise<string> {
  await ask(http, { method: 'DELETE', url: groupAddress(url, job, NOBODY) });
  const answer = await ask(http, { method: 'GET', url: `${url.replace(/\/+$/, '')}/metrics` });
  let families;
  try {
    families = readExposition(withoutDistributions(await answer.text()), LIMITS);
  } catch (cause) {
    throw new DeliveryError(
      'answer',
      `What answers at ${new URL(url).origin} is no Pushgateway. Check the address: a Pushgateway listens on port 9091 unless it is told otherwise.`,
      { status: answer.status, cause },
    );
  }
  const version = families.find(({ name }) => name === 'pushgateway_build_info')?.samples[0]?.labels.version;
  const runs = new Set(families.find(({ name }) => name === 'lathe_run_info')?.samples.map(({ labels }) => labels.run))
    .size;
  const who = version === undefined ? 'A server for Prometheus' : `A Pushgateway (version ${version})`;
  return `${who} answers, and takes metrics. It has those of ${runs} ${runs === 1 ? 'run' : 'runs'} of Lathe.`;
}

/** A gateway's own histograms and summaries are nothing to us: their declarations are taken out. */
const withoutDistributions = (text: string): string => text.replace(/^# TYPE \S+ (?:histogram|summary)$/gm, '#');

/** See the top of this file. */
export const prometheus: Tracker<PrometheusOptions> = {
  kind: 'prometheus',
  title: 'Prometheus',
  schema,
  fields: [
    { key: 'url', label: 'Pushgateway', placeholder: 'http://localhost:9091', required: true },
    { key: 'job', label: 'Job', placeholder: 'lathe', required: false },
  ],
  credentials: ['basic', 'bearer'],
  limits: { points: MOST_POINTS, pause_ms: PAUSE_MS },
  fromConfig({ logging }: RunConfig) {
    const { gateway, job } = logging.prometheus;
    if (gateway === null) return null;
    const parsed = v.safeParse(schema, { url: gateway, job });
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    const key = `logging.prometheus.${v.getDotPath(issue) === 'job' ? 'job' : 'gateway'}`;
    throw new LatheError('config', `${key}: ${issue.message}`, { key });
  },
  origins: ({ url }) => [new URL(url).origin],
  connect: (options, http): Connection => ({
    check: () => check(options, http),
    open: async (run, state) => new PushedRun(options, http, run, restore(state)),
  }),
};
