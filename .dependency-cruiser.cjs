/**
 * The layers of the source tree: a folder imports only what stands above it. The order below is the architecture.
 */
const LAYERS = [
  ['base'],
  ['config'],
  ['store'],
  ['data'],
  ['engine'],
  ['models'],
  ['training'],
  // Siblings: none of them imports another.
  ['sweeps', 'peers', 'export', 'analysis'],
  // What is sent elsewhere are files that can be exported, too.
  ['tracking', 'registry'],
  ['app'],
  ['ui'],
];

const layerRules = LAYERS.flatMap((layer, rank) =>
  layer.map((folder) => {
    const below = [...LAYERS.slice(rank + 1).flat(), ...layer.filter((sibling) => sibling !== folder)];
    return {
      name: `layers-${folder}`,
      comment: `src/${folder} imports only what stands above it.`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: {
        path: below.length > 0 ? `^(src/(${below.join('|')})|workers|bin|server|test)/` : '^(workers|bin|server|test)/',
      },
    };
  }),
);

/** Types cost nothing at run time: the page may know the shape of what only workers run. */
const TYPE_ONLY = ['type-only'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules.map((rule) =>
      // The page names a worker's API by its type.
      rule.name === 'layers-app' ? { ...rule, to: { ...rule.to, dependencyTypesNot: TYPE_ONLY } } : rule,
    ),
    {
      name: 'page-computes-nothing',
      comment: 'app and ui import only types from data, engine, models and training: tensors live in workers.',
      severity: 'error',
      from: { path: '^src/(app|ui|main\\.ts)' },
      to: { path: '^src/(data|engine|models|training)/', dependencyTypesNot: TYPE_ONLY },
    },
    {
      name: 'page-without-tfjs',
      comment: 'tfjs is loaded by workers only.',
      severity: 'error',
      from: { path: '^src/(app|ui|base|config|store|main\\.ts)' },
      to: { path: 'node_modules/@tensorflow/', dependencyTypesNot: TYPE_ONLY },
    },
    {
      name: 'nothing-imports-ui',
      severity: 'error',
      from: { pathNot: '^(src/ui/|src/main\\.ts|test/)' },
      to: { path: '^src/ui/' },
    },
    {
      name: 'workers-without-page',
      comment: 'A worker is a thin endpoint over src/; of the page it knows at most types.',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: '^(src/(app|ui)|bin|server|test)/', dependencyTypesNot: TYPE_ONLY },
    },
    {
      name: 'command-line-drives-the-page',
      comment: 'The command line shares plain code with the page and drives the rest through it.',
      severity: 'error',
      from: { path: '^(bin|server)/' },
      to: { path: '^(src/(?!base/|config/|export/names)|workers|test)/', dependencyTypesNot: TYPE_ONLY },
    },
    {
      name: 'server-stands-alone',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(src/(?!base/)|bin)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '(.+)' },
      // A component may contain itself: a form within a form.
      to: { circular: true, pathNot: '^$1$', viaOnly: { dependencyTypesNot: [...TYPE_ONLY, 'dynamic-import'] } },
    },
    {
      name: 'no-tests-in-code',
      comment: 'Benchmarks put the same bad networks between browsers as tests do.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'declared-dependencies',
      comment: 'What is imported stands in package.json.',
      severity: 'error',
      from: { path: '^(src|workers|bin|server)/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'],
        pathNot: '^(virtual:|svelte|wicg-file-system-access)',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.svelte-kit|^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'node', 'default'],
      extensions: ['.ts', '.svelte.ts', '.svelte', '.js', '.json'],
    },
  },
};
