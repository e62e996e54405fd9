import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcessGroup } from '../../../../src/peers/group/process-group';
import { TestGroup } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

beforeEach(useVirtualTime);
afterEach(useRealTime);

async function groupOf(members: number): Promise<{ net: TestGroup; processes: ProcessGroup[] }> {
  const net = new TestGroup({ worldSize: members, network: { latencyMs: 5, jitterMs: 5 } });
  for (let i = 0; i < members; i++) net.add();
  const processes: ProcessGroup[] = [];
  for (const [index, { group }] of net.peers.entries()) {
    void ProcessGroup.init(group).then((process) => (processes[index] = process));
  }
  await until(() => processes.filter(Boolean).length === members);
  // All have heard that the group is complete.
  await pass(50);
  return { net, processes };
}

async function settled<T>(calls: Promise<T>[]): Promise<T[]> {
  let results: T[] | null = null;
  void Promise.all(calls).then((all) => (results = all));
  await until(() => results !== null);
  return results ?? [];
}

test('every member gets what all gave, by rank', async () => {
  const { processes } = await groupOf(3);
  expect(processes.map(({ rank }) => rank).sort()).toEqual([0, 1, 2]);
  expect(processes.every(({ worldSize }) => worldSize === 3)).toBe(true);
  const byRank = [...processes].sort((a, b) => a.rank - b.rank);
  const values = [
    [0.1, 1],
    [0.2, 5],
    [0.3, 3],
  ];
  expect(await settled(byRank.map((process, rank) => process.allGather(values[rank])))).toEqual([
    values,
    values,
    values,
  ]);
  for (const sums of await settled(byRank.map((process, rank) => process.allReduce(values[rank])))) {
    expect(sums).toEqual([0.1 + 0.2 + 0.3, 9]);
  }
  for (const most of await settled(byRank.map((process, rank) => process.allReduce(values[rank], 'max')))) {
    expect(most).toEqual([0.3, 5]);
  }
  for (const got of await settled(byRank.map((process, rank) => process.broadcast(values[rank], 2)))) {
    expect(got).toEqual([0.3, 3]);
  }
});

test('a barrier opens when the last one comes', async () => {
  const { processes } = await groupOf(2);
  let open = false;
  void processes[0].barrier().then(() => (open = true));
  await pass(500);
  expect(open).toBe(false);
  void processes[1].barrier();
  await until(() => open, 1_000);
});

test('a call fails where a member dies meanwhile, and works again after that', async () => {
  const { net, processes } = await groupOf(3);
  const failures: string[] = [];
  for (const process of processes.slice(0, 2)) {
    void process.allReduce([1]).catch((error: Error) => failures.push(error.message));
  }
  net.kill(net.peers[2]);
  await until(() => failures.length === 2, 10_000);
  expect(failures[0]).toMatch(/members of the group changed/);
  await pass(100);
  expect(await settled(processes.slice(0, 2).map((process) => process.allReduce([1])))).toEqual([[2], [2]]);
});
