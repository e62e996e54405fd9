/**
 * What to expect of groups that are larger than one machine: the formulas, with constants that were measured on a small one,
 * and with assumptions about computation and networks. One step is one update of the whole group.
 */
import { table } from '../../bin/table';
import { communicationMs, FRAMING, stepMs } from './formulas';

/** Measured on two cores, under Chromium 156 and Node 20. */
const MEASURED = {
  /**
   * Nanoseconds of the peer worker for each parameter and step, in a group: frames and their checksums, sums, compression.
   * PowerSGD: of rank 4, matrices of 1024 columns.
   */
  reduceNs: { float32: 21, float16: 22, int8: 22, powersgd: 42, local: 21 },
  /** The same of the optimizer (Adam), the hash and the copy for the trainer, which nothing hides. */
  updateNs: 11,
  /** Milliseconds of the protocol alone (proposal, partial results, votes), by members. */
  protocolMs: [
    [4, 1.8],
    [16, 2],
    [32, 4.2],
    [64, 7.5],
  ],
  /** Bytes a second that the data channels of one browser carry one way, both ends on two cores. */
  channels: 25e6,
  /** Bytes a second of one connection, times the milliseconds to the other and back: 1.8 MB/s at 20 ms. */
  window: 1.8e6 * 20,
  /** Share of what can be hidden that overlap hides. */
  hidden: 0.75,
} as const;

/** Assumed: what each peer computes, and how fast. */
const ASSUMED = {
  /** Operations of a pass forward and backward for each parameter and token. */
  operations: 6,
  /** Tokens (or positions that a weight is used at) that a peer computes a step: 64 sequences of 128. */
  tokens: 8192,
  /** Operations a second that a laptop's GPU makes of WebGPU. */
  speed: 1e12,
  /** Of a step that is the backward pass: one micro-batch a peer. */
  backward: 2 / 3,
  /** Steps between two averages. */
  localSteps: 100,
  /** Numbers of PowerSGD's factors, of rank 4, for each parameter: matrices of 1024 × 1024. */
  factors: 8192 / 2 ** 20,
} as const;

/** A network between peers: bytes a second up, and milliseconds to another and back. */
interface PaperNetwork {
  name: string;
  up: number;
  roundTrip: number;
}

const NETWORKS: PaperNetwork[] = [
  { name: 'LAN: 1 Gbit/s, 0.5 ms', up: 125e6, roundTrip: 0.5 },
  { name: 'WAN: 20 Mbit/s up, 50 ms', up: 2.5e6, roundTrip: 50 },
];
const PEERS = [8, 16, 64];
const PARAMETERS = [1e6, 1e7, 1e8];
const WAYS = ['float32', 'float16', 'int8', 'powersgd', 'local'] as const;
type Way = (typeof WAYS)[number];

/** Bytes of both legs for each parameter, before shards and framing. */
const BYTES: Record<Way, number> = {
  float32: 8,
  float16: 4,
  int8: 2 * (1 + 4 / 256),
  powersgd: 8 * ASSUMED.factors,
  local: 8,
};

/** A step on paper. */
interface Expected {
  /** Sent by each peer. */
  bytes: number;
  compute: number;
  step: number;
}

function protocolMs(members: number): number {
  const points = MEASURED.protocolMs;
  const after = points.findIndex(([n]) => n >= members);
  if (after <= 0) return points[after === 0 ? 0 : points.length - 1][1];
  const [[n0, ms0], [n1, ms1]] = [points[after - 1], points[after]];
  return ms0 + ((members - n0) / (n1 - n0)) * (ms1 - ms0);
}

/** Bytes a second that a peer sends to all others together. */
function rateOf({ up, roundTrip }: PaperNetwork, members: number): number {
  return Math.min(up, MEASURED.channels, ((members - 1) * MEASURED.window) / roundTrip);
}

/** Milliseconds of a step besides computing: communication that could be hidden, and what cannot. */
function costs(network: PaperNetwork, members: number, parameters: number, way: Way) {
  const bytes = (FRAMING * BYTES[way] * parameters * (members - 1)) / members;
  const wire = communicationMs(bytes, rateOf(network, members), network.roundTrip / 2, way === 'powersgd' ? 4 : 2);
  return {
    bytes,
    communicate: wire + MEASURED.reduceNs[way] * parameters * 1e-6 + protocolMs(members),
    rest: MEASURED.updateNs * parameters * 1e-6,
  };
}

/** What a step takes; with local steps, a hundredth of a round. */
function expected(network: PaperNetwork, members: number, parameters: number, way: Way, compute: number): Expected {
  const { bytes, communicate, rest } = costs(network, members, parameters, way);
  if (way === 'local') {
    const { localSteps } = ASSUMED;
    return { bytes: bytes / localSteps, compute, step: compute + (communicate + rest) / localSteps };
  }
  const hidden = MEASURED.hidden * ASSUMED.backward * compute;
  return { bytes, compute, step: stepMs(compute, communicate, hidden, rest) };
}

const computeMs = (parameters: number): number =>
  (1000 * ASSUMED.operations * ASSUMED.tokens * parameters) / ASSUMED.speed;

/** Least milliseconds of computing a step with which half of the group's work counts. */
function leastCompute(network: PaperNetwork, members: number, parameters: number, way: Way): number {
  let [low, high] = [0, 1e9];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (middle / expected(network, members, parameters, way, middle).step < 0.5) low = middle;
    else high = middle;
  }
  return high;
}

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2);
const seconds = (ms: number): string => `${digits(ms / 1000)} s`;
const millions = (parameters: number): string => `${parameters / 1e6} M`;
const headed = (title: string): string[] => ['parameters', title, ...WAYS];

/** All tables, as text. */
export function paper(): string {
  const blocks = [
    `Megabytes that each of 16 peers sends a step\n${table(
      ['parameters', ...WAYS],
      PARAMETERS.map((parameters) => [
        millions(parameters),
        ...WAYS.map((way) => digits(expected(NETWORKS[0], 16, parameters, way, 0).bytes / 1e6)),
      ]),
    )}`,
    ...NETWORKS.map((network) => {
      const rows = PARAMETERS.flatMap((parameters) =>
        PEERS.map((members) => [
          millions(parameters),
          String(members),
          ...WAYS.map((way) => {
            const { compute, step } = expected(network, members, parameters, way, computeMs(parameters));
            return `${seconds(step)}, ${((100 * compute) / step).toFixed(0)} %, ×${((members * compute) / step).toFixed(1)}`;
          }),
        ]),
      );
      return `${network.name}: a step, efficiency, and speed against one peer alone\n${table(headed('peers'), rows)}`;
    }),
    ...NETWORKS.map((network) => {
      const rows = PARAMETERS.map((parameters) => [
        millions(parameters),
        seconds(computeMs(parameters)),
        ...WAYS.map((way) => seconds(leastCompute(network, 16, parameters, way))),
      ]);
      return `${network.name}: computing that a step must hold for an efficiency of half, 16 peers\n${table(headed('assumed'), rows)}`;
    }),
  ];
  return blocks.join('\n\n');
}
