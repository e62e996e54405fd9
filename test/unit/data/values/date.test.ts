import { describe, expect, it } from 'vitest';
import { dayFirstEvidence, isAmbiguousDate, readDate, readDateLoosely } from '../../../../src/data/values/date';

const day = (iso: string): number => Date.parse(iso) / 86_400_000;

describe('readDate', () => {
  it.each([
    ['2020-03-04', '2020-03-04'],
    ['2020/3/4', '2020-03-04'],
    ['4.3.2020', '2020-03-04'],
    ['4 Mar 2020', '2020-03-04'],
    ['March 4, 2020', '2020-03-04'],
    ['04-Mar-2020', '2020-03-04'],
    ['2020-03-04T12:00:00Z', '2020-03-04T12:00:00Z'],
    ['2020-03-04 18:30', '2020-03-04T18:30:00Z'],
    ['2020-03-04T12:00:00+02:00', '2020-03-04T10:00:00Z'],
    ['2020-03-04T12:00:00-0330', '2020-03-04T15:30:00Z'],
    ['3/4/2020 6:30 PM', '2020-03-04T18:30:00Z'],
    ['3/4/99', '1999-03-04'],
    ['1969-12-31', '1969-12-31'],
  ])('reads “%s”', (text, iso) => {
    expect(readDate(text, false)).toBeCloseTo(day(iso), 9);
  });

  it('takes the day first where it is told so', () => {
    expect(readDate('3/4/2020', true)).toBe(day('2020-04-03'));
  });

  it.each(['', '2020', '2020-13-01', '31.4.2020', '30/30/2020', 'Marchember 4, 2020x', '12345678', 'today', '1.2.3'])(
    'finds no date in “%s”',
    (text) => {
      expect(readDate(text, false)).toBeNaN();
    },
  );
});

it('reads years and compact dates where a column is said to be dates', () => {
  expect(readDateLoosely('2007', false)).toBe(day('2007-01-01'));
  expect(readDateLoosely('20070314', false)).toBe(day('2007-03-14'));
});

it('says what a date tells about the order of day and month', () => {
  expect(dayFirstEvidence('25/12/2020')).toBe(true);
  expect(dayFirstEvidence('12/25/2020')).toBe(false);
  expect(dayFirstEvidence('4/3/2020')).toBe(null);
  expect(isAmbiguousDate('4/3/2020')).toBe(true);
  expect(isAmbiguousDate('4/4/2020')).toBe(false);
  expect(isAmbiguousDate('2020-04-03')).toBe(false);
});
