/** The GraphQL operations of W&B that runs need, and what their answers hold. As wandb 0.31 asks for them. */
import * as v from 'valibot';

/** An operation, and the schema of its `data`. */
export interface Operation<T> {
  name: string;
  query: string;
  answer: v.GenericSchema<unknown, T>;
}

const operation = <T>(query: string, answer: v.GenericSchema<unknown, T>): Operation<T> => {
  const name = /^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? '';
  return { name, query, answer };
};

/** W&B’s Int64 comes as a number or, from some servers, as text. */
const count = v.pipe(
  v.nullish(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]), 0),
  v.transform((value) => value ?? 0),
);
const text = v.nullish(v.string(), null);
const headers = v.pipe(
  v.nullish(v.array(v.string()), []),
  v.transform((lines) => lines ?? []),
);

/** Who the key belongs to. */
export const VIEWER = operation(
  `query Viewer { viewer { id entity username } }`,
  v.object({ viewer: v.nullable(v.object({ id: v.string(), entity: text, username: text })) }),
);

/** What a server has of a run’s lines: their numbers are the offsets at which it goes on. */
const lineCounts = { historyLineCount: count, eventsLineCount: count, logLineCount: count, summaryMetrics: text };

const bucket = v.object({
  id: v.string(),
  name: v.string(),
  project: v.object({ name: v.string(), entity: v.object({ name: v.string() }) }),
  ...lineCounts,
});

/** See above. */
export type CountedLines = Pick<v.InferOutput<typeof bucket>, keyof typeof lineCounts>;

/** Makes a run, or changes what is given of it. Says what is there, so that a run begins with one request. */
export const UPSERT_BUCKET = operation(
  `mutation UpsertBucket($name: String, $project: String, $entity: String, $groupName: String, $displayName: String, $notes: String, $config: JSONString, $host: String, $program: String, $jobType: String, $sweep: String, $tags: [String!], $summaryMetrics: JSONString) {
  upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, groupName: $groupName, displayName: $displayName, notes: $notes, config: $config, host: $host, jobProgram: $program, jobType: $jobType, sweep: $sweep, tags: $tags, summaryMetrics: $summaryMetrics}) {
    bucket { id name project { name entity { name } } historyLineCount eventsLineCount logLineCount summaryMetrics }
    inserted
  }
}`,
  v.object({ upsertBucket: v.object({ bucket }) }),
);

/** What a server has of a run. */
export const RUN_RESUME_STATUS = operation(
  `query RunResumeStatus($project: String, $entity: String, $name: String!) {
  model(name: $project, entityName: $entity) {
    bucket(name: $name, missingOk: true) { id name historyLineCount eventsLineCount logLineCount summaryMetrics }
  }
}`,
  v.object({
    model: v.nullable(
      v.object({
        bucket: v.nullable(v.object(lineCounts)),
      }),
    ),
  }),
);

/** Addresses to which files of a run are put. */
export const CREATE_RUN_FILES = operation(
  `mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
    runID
    uploadHeaders
    files { name uploadUrl }
  }
}`,
  v.object({
    createRunFiles: v.object({
      uploadHeaders: headers,
      files: v.array(v.object({ name: v.string(), uploadUrl: v.string() })),
    }),
  }),
);

/** Makes a version of an artifact; the same content gives the version that is there already. */
export const CREATE_ARTIFACT = operation(
  `mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) {
    artifact { id state fileCount }
  }
}`,
  v.object({
    createArtifact: v.object({
      artifact: v.object({
        id: v.string(),
        state: v.string(),
        fileCount: count,
      }),
    }),
  }),
);

/** The manifest of an artifact that is being made: without an address first, since files refer to it. */
export const CREATE_ARTIFACT_MANIFEST = operation(
  `mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, $entityName: String!, $projectName: String!, $runName: String!, $manifestType: ArtifactManifestType!, $includeUpload: Boolean!) {
  createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name, digest: $digest, entityName: $entityName, projectName: $projectName, runName: $runName, type: $manifestType}) {
    artifactManifest { id file { id uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) } }
  }
}`,
  v.object({
    createArtifactManifest: v.object({
      artifactManifest: v.object({
        id: v.string(),
        file: v.nullish(v.object({ uploadUrl: text, uploadHeaders: headers }), null),
      }),
    }),
  }),
);

/** Addresses to which files of an artifact are put; none for a file whose content is there already. */
export const CREATE_ARTIFACT_FILES = operation(
  `mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
  createArtifactFiles(input: $input) {
    files { edges { node { name uploadUrl uploadHeaders artifact { id } } } }
  }
}`,
  v.object({
    createArtifactFiles: v.object({
      files: v.object({
        edges: v.array(
          v.object({
            node: v.object({
              name: text,
              uploadUrl: text,
              uploadHeaders: headers,
              artifact: v.nullish(v.object({ id: v.string() }), null),
            }),
          }),
        ),
      }),
    }),
  }),
);

/** Makes an artifact whose files are all there a version. */
export const COMMIT_ARTIFACT = operation(
  `mutation CommitArtifact($artifactID: ID!) { commitArtifact(input: {artifactID: $artifactID}) { artifact { id digest } } }`,
  v.object({ commitArtifact: v.object({ artifact: v.object({ id: v.string() }) }) }),
);

/** Sweeps of a project. */
export const SWEEPS = operation(
  `query Sweeps($project: String, $entity: String, $after: String) {
  project(name: $project, entityName: $entity) {
    sweeps(first: 100, after: $after) {
      edges { node { id name config } }
      pageInfo { endCursor hasNextPage }
    }
  }
}`,
  v.object({
    project: v.nullable(
      v.object({
        sweeps: v.object({
          edges: v.array(v.object({ node: v.object({ id: v.string(), name: v.string(), config: text }) })),
          pageInfo: v.object({ endCursor: text, hasNextPage: v.nullish(v.boolean(), false) }),
        }),
      }),
    ),
  }),
);

/** What `SWEEPS` answers. */
export type Sweeps = v.InferOutput<typeof SWEEPS.answer>;

/** Makes a sweep, or changes what is given of it. */
export const UPSERT_SWEEP = operation(
  `mutation UpsertSweep($id: ID, $config: String, $description: String, $entityName: String, $projectName: String, $controller: JSONString, $state: String, $displayName: String) {
  upsertSweep(input: {id: $id, config: $config, description: $description, entityName: $entityName, projectName: $projectName, controller: $controller, state: $state, displayName: $displayName}) {
    sweep { id name }
  }
}`,
  v.object({ upsertSweep: v.object({ sweep: v.object({ id: v.string(), name: v.string() }) }) }),
);
