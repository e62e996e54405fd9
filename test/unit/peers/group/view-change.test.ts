import { describe, expect, test } from 'vitest';
import { quorumOf } from '../../../../src/peers/group/quorum';
import { resolve, type Promised } from '../../../../src/peers/group/view-change';
import { NO_HASH, type Point, type View } from '../../../../src/peers/group/view';

const id = (member: number): string => member.toString(16).padStart(16, '0');

const view = (epoch: number, members: number[], learners: number[] = []): View => ({
  group: 'g',
  epoch,
  members: members.map((member) => ({ member, id: id(member) })),
  learners: learners.map((member) => ({ member, id: id(member), snapshot: 0 })),
  next: 100,
  begun: true,
  codec: { name: 'float32' },
  adaptive: false,
});

const at = (seq: number, hash = `h${seq}`): Point => ({ seq, hash });

const promise = (views: View[], more: Partial<Promised> = {}): Promised => ({
  type: 'promise',
  epoch: 99,
  views,
  base: { seq: -1, hash: NO_HASH },
  committed: at(4),
  voted: null,
  prepared: null,
  held: [],
  last: false,
  ...more,
});

describe('a quorum', () => {
  test('is more than half; of exactly half the witness decides, or the lowest member', () => {
    const four = view(1, [1, 2, 3, 4]);
    expect(quorumOf(four, new Set([2, 3, 4]), true)).toBe('yes');
    expect(quorumOf(four, new Set([3, 4]), true)).toBe('tie');
    expect(quorumOf(four, new Set([3, 4]), false)).toBe('no');
    expect(quorumOf(four, new Set([1, 4]), false)).toBe('yes');
    expect(quorumOf(four, new Set([1]), false)).toBe('no');
  });
});

describe('the next view', () => {
  const five = view(5, [1, 2, 3, 4, 5]);

  test('needs a quorum of every view that may be in force, not of the newest one alone', () => {
    // 1 2 3 promised view 6, and only 1 has it. 2 4 5 may have formed view 7 from view 5 since.
    const six = view(6, [1, 2, 3]);
    const { quorums } = resolve(
      new Map([
        [1, promise([five, six], { base: at(4) })],
        [3, promise([five])],
      ]),
      false,
    );
    expect(quorums.map(({ view: { epoch }, quorum }) => [epoch, quorum])).toEqual([
      [5, 'no'],
      [6, 'yes'],
    ]);
  });

  test('asks nothing of views before one that is known to be in force', () => {
    const six = view(6, [1, 2, 3]);
    const { quorums } = resolve(
      new Map([
        [1, promise([five, six], { base: at(4) })],
        [3, promise([six], { base: at(4) })],
      ]),
      false,
    );
    expect(quorums.map(({ view: { epoch }, quorum }) => [epoch, quorum])).toEqual([[6, 'yes']]);
  });

  const voted = (hash = 'h5'): Partial<Promised> => ({
    voted: { epoch: 5, at: at(5, hash) },
    prepared: at(5, hash),
  });

  test('commits what all of them voted for', () => {
    const { base, able } = resolve(new Map([1, 2, 3].map((member) => [member, promise([five], voted())])), false);
    expect(base).toEqual(at(5));
    expect(able).toEqual([1, 2, 3]);
  });

  test('commits what one of them has committed', () => {
    const { base, able } = resolve(
      new Map([
        [1, promise([five], voted())],
        [2, promise([five], { committed: at(5), voted: { epoch: 5, at: at(5) } })],
        [3, promise([five], voted())],
      ]),
      false,
    );
    expect(base).toEqual(at(5));
    expect(able).toEqual([1, 2, 3]);
  });

  test.each([
    ['one has not voted', {}],
    ['one voted otherwise', voted('other')],
    ['one voted in an earlier view', { voted: { epoch: 4, at: at(5) }, prepared: at(5) }],
  ])('runs a transaction again where %s', (_name, third) => {
    const { base } = resolve(
      new Map([
        [1, promise([five], voted())],
        [2, promise([five], voted())],
        [3, promise([five], third)],
      ]),
      false,
    );
    expect(base).toEqual(at(4));
  });

  test('begins no earlier than the newest view that one of them is in', () => {
    const six = view(6, [1, 2, 3]);
    const { base, able } = resolve(
      new Map([
        [1, promise([five, six], { ...voted(), base: at(5) })],
        [2, promise([five], voted())],
        [3, promise([five], { base: at(4) })],
      ]),
      false,
    );
    expect(base).toEqual(at(5));
    // The third one has not prepared it: it is left out.
    expect(able).toEqual([1, 2]);
  });

  test('counts who goes for good, and does not take it in; takes in a learner that stands there', () => {
    const three = view(7, [1, 2, 3], [4, 5]);
    const { able, quorums } = resolve(
      new Map([
        [1, promise([three], { last: true })],
        [2, promise([three])],
        [4, promise([three])],
        [5, promise([three], { committed: at(3) })],
      ]),
      false,
    );
    expect(able).toEqual([2, 4]);
    expect(quorums[0].quorum).toBe('yes');
  });
});
