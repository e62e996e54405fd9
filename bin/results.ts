/** What the page's commands return to the command line, as far as that uses it: checked where it enters. */
import * as v from 'valibot';

/** A number, or null for what is not finite: JSON has no word for it. */
export const finiteOrNull = v.pipe(
  v.nullable(v.union([v.number(), v.nan()])),
  v.transform((value) => (Number.isFinite(value) ? value : null)),
);

/** Metrics by name. */
export const metrics = v.record(v.string(), finiteOrNull);

/** What `runs.wait` gives: `RunResult` of `src/app/api.ts`. */
export const runResult = v.object({
  run_id: v.string(),
  status: v.picklist(['running', 'paused', 'finished', 'stopped', 'pruned', 'cancelled', 'diverged', 'failed']),
  backend: v.nullable(v.string()),
  adapter: v.nullable(v.string()),
  epochs: v.number(),
  steps: v.number(),
  resumed_from: v.nullable(v.object({ run_id: v.string(), step: v.number() })),
  steps_this_process: v.number(),
  weights_sha256: v.nullable(v.string()),
  metrics: v.nullable(v.object({ train: metrics, val: metrics, test: metrics })),
  tracking: v.record(v.string(), v.object({ pending: v.number() })),
  seconds: v.number(),
  reason: v.nullable(v.string()),
});

/** Something the page wants people to know. */
const notices = v.array(v.object({ level: v.string(), message: v.string() }));

/** A dataset. */
export const dataset = v.object({
  id: v.string(),
  name: v.string(),
  kind: v.string(),
  examples: v.number(),
  content_hash: v.string(),
  notices,
});

/** What an import made of files. */
export const importResult = v.object({
  datasets: v.array(dataset),
  models: v.array(v.object({ id: v.string() })),
  refused: v.array(v.object({ path: v.string(), reason: v.string() })),
});

/** A sample dataset that the page can make. */
export const samples = v.array(v.object({ name: v.string() }));

/** A run, as tables list it. */
export const runRow = v.object({
  id: v.string(),
  name: v.string(),
  created: v.number(),
  status: v.string(),
  reason: v.nullable(v.string()),
  dataset_name: v.string(),
  config: v.object({ model: v.object({ architecture: v.string() }) }),
  epoch: v.number(),
  step: v.number(),
  total_steps: v.nullable(v.number()),
  seconds: v.number(),
  metrics: v.nullable(v.object({ train: metrics, val: metrics, test: metrics })),
  best: metrics,
  best_checkpoint: v.nullable(v.string()),
  weights_sha256: v.nullable(v.string()),
  tags: v.array(v.string()),
});

/** A run, as tables list it. */
export type RunSummary = v.InferOutput<typeof runRow>;

/** A run that others can join. */
export const hostedRun = v.object({ run: runRow, link: v.string() });

/** A trial of a study. */
export const trial = v.object({
  number: v.number(),
  state: v.picklist(['waiting', 'running', 'complete', 'pruned', 'failed']),
  reason: v.nullable(v.string()),
  params: v.record(v.string(), v.unknown()),
  values: v.nullable(v.array(finiteOrNull)),
  intermediate: v.object({ steps: v.array(v.number()), values: v.array(finiteOrNull) }),
  run_ids: v.array(v.string()),
  steps: v.number(),
  /** Absent: the browser that has the study trained it. */
  worker: v.optional(v.object({ id: v.string(), name: v.string(), adapter: v.nullable(v.string()) })),
});

/** A trial of a study. */
export type Trial = v.InferOutput<typeof trial>;

/** A study, as tables list it. */
export const studyRow = v.object({
  id: v.string(),
  name: v.string(),
  status: v.picklist(['running', 'paused', 'finished', 'stopped', 'failed']),
  reason: v.nullable(v.string()),
  objectives: v.array(v.object({ metric: v.string(), direction: v.picklist(['minimize', 'maximize']) })),
  counts: v.object({
    waiting: v.number(),
    running: v.number(),
    complete: v.number(),
    pruned: v.number(),
    failed: v.number(),
  }),
  best: v.nullable(
    v.object({ number: v.number(), values: v.array(finiteOrNull), params: v.record(v.string(), v.unknown()) }),
  ),
  seconds: v.number(),
  steps: v.number(),
});

/** What `studies.wait` gives: `StudyResult` of `src/app/api.ts`. */
export const studyResult = v.object({
  study: studyRow,
  trials: v.array(trial),
  front: v.array(v.number()),
  reason: v.nullable(v.string()),
});

/** A group, as one of its peers sees it: `GroupStatus` of `src/peers/status.ts`. */
export const groupStatus = v.object({
  phase: v.picklist(['waiting', 'joining', 'training', 'alone', 'over']),
  reason: v.nullable(v.string()),
  world_size: v.number(),
  epoch: v.number(),
  committed: v.number(),
  peers: v.array(
    v.object({
      id: v.string(),
      member: v.nullable(v.number()),
      self: v.boolean(),
      name: v.string(),
      adapter: v.nullable(v.string()),
      state: v.picklist(['connected', 'joining', 'member', 'left', 'lost']),
      samples_per_second: finiteOrNull,
      items: v.number(),
      round_trip_ms: finiteOrNull,
      sent: v.number(),
      received: v.number(),
      late: v.number(),
    }),
  ),
  compression: v.string(),
  parts: v.nullable(
    v.object({
      step: finiteOrNull,
      compute: finiteOrNull,
      communicate: finiteOrNull,
      update: finiteOrNull,
      commit: finiteOrNull,
    }),
  ),
  communicating: finiteOrNull,
  with_one_more_ms: finiteOrNull,
  dropped: v.record(v.string(), v.number()),
  parameters_hash: v.nullable(v.string()),
});

/** A group, as one of its peers sees it. */
export type GroupSummary = v.InferOutput<typeof groupStatus>;

/** How a room is reached: `RoomStatus` of `src/app/api.ts`. */
export const roomStatus = v.object({
  run_id: v.nullable(v.string()),
  study_id: v.optional(v.string()),
  link: v.string(),
  role: v.picklist(['host', 'guest']),
  signalling: v.object({
    state: v.picklist(['connecting', 'open', 'closed', 'none']),
    address: v.nullable(v.string()),
    reason: v.nullable(v.string()),
  }),
  connected: v.number(),
  copy: v.nullable(v.object({ name: v.string(), done: v.number(), total: v.number(), sources: v.number() })),
  examples: v.nullable(v.object({ received: v.number(), sources: v.number(), waiting: v.nullable(v.string()) })),
});

/** How a room is reached. */
export type RoomSummary = v.InferOutput<typeof roomStatus>;

/** Browsers that train trials: `CrewMember` of `src/app/api.ts`. */
export const crewMembers = v.array(
  v.object({
    id: v.string(),
    name: v.string(),
    adapter: v.nullable(v.string()),
    state: v.picklist(['working', 'left', 'lost']),
    slots: v.number(),
    trials: v.array(v.number()),
    done: v.number(),
    reason: v.nullable(v.string()),
  }),
);

/** A browser that trains trials. */
export type CrewMemberSummary = v.InferOutput<typeof crewMembers>[number];

/** Who trains trials of a study: `StudyCrew` of `src/app/api.ts`. */
export const studyCrew = v.object({ room: roomStatus, members: crewMembers });

/** How far a browser is with trials of somebody else's study: `HelperStatus` of `src/app/api.ts`. */
export const helperStatus = v.object({
  study_name: v.string(),
  state: v.picklist(['waiting', 'working', 'ended']),
  reason: v.nullable(v.string()),
  slots: v.number(),
  trials: v.array(v.object({ number: v.number(), run_id: v.string() })),
  done: v.number(),
});

/** How far a browser is with trials of somebody else's study. */
export type HelperSummary = v.InferOutput<typeof helperStatus>;

/** What a room offers: `RoomOffer` of `src/app/api.ts`. */
export const roomOffer = v.object({
  run_name: v.string(),
  config: v.object({ model: v.object({ architecture: v.string() }) }),
  dataset: v.object({ name: v.string(), examples: v.number(), bytes: v.number(), content_hash: v.string() }),
  dataset_id: v.nullable(v.string()),
  streams: v.boolean(),
  search: v.nullable(v.object({ trials: v.number(), done: v.number() })),
  run_id: v.nullable(v.string()),
});

/** A checkpoint of a run. */
export const checkpoints = v.array(v.object({ id: v.string(), step: v.number() }));

/** A model that came in as a bundle. */
export const modelRow = v.object({ id: v.string(), name: v.string() });

/** A version of a registered model of the profile. */
export const versionRef = v.object({ registered_model: v.string(), version: v.number() });

/** Registered models of the profile: `RegisteredModel` of `src/store/registry.ts`. */
export const registeredModels = v.array(v.object({ name: v.string() }));

/** Versions of a registered model: `ModelVersion` of `src/store/registry.ts`. */
export const modelVersions = v.array(v.object({ version: v.string(), run_id: v.nullable(v.string()) }));

/** Predictions over files. */
export const predictionResult = v.object({
  n: v.number(),
  predictions: v.array(
    v.object({
      name: v.string(),
      label: v.optional(v.string()),
      probabilities: v.optional(v.record(v.string(), v.number())),
      values: v.optional(metrics),
      actual: v.optional(v.nullable(v.union([v.string(), metrics]))),
    }),
  ),
  metrics: v.nullable(metrics),
  notices,
});

/** What a language model wrote. */
export const generatedText = v.object({ text: v.string(), unknown: v.array(v.string()) });

/** What waits to be sent, by kind of tracker. */
export const pendingByTracker = v.record(v.string(), v.object({ pending: v.number() }));

/** Runs on their way to trackers: `DeliveryRow` of `src/store/delivery.ts`. */
export const deliveries = v.array(
  v.object({
    id: v.string(),
    subject: v.string(),
    destination: v.object({ kind: v.string() }),
    state: v.picklist(['waiting', 'sending', 'blocked', 'done']),
    pending: v.number(),
    url: v.nullable(v.string()),
    error: v.nullable(v.object({ code: v.string(), message: v.string(), at: v.number() })),
  }),
);

/** Nothing: what a command without a result returns. */
export const nothing = v.undefined();

/** An error that crossed over from the page: `ErrorJson` of `src/base/errors.ts`. */
export const errorJson = v.object({
  kind: v.picklist([
    'usage',
    'config',
    'data',
    'bundle',
    'backend',
    'training',
    'tracking',
    'group',
    'diverged',
    'storage',
    'not_found',
    'internal',
  ]),
  message: v.string(),
  where: v.object({
    file: v.optional(v.string()),
    row: v.optional(v.number()),
    column: v.optional(v.string()),
    key: v.optional(v.string()),
  }),
  details: v.array(v.string()),
});
