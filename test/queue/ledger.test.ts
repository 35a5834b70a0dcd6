import { describe, expect, test } from 'vitest';
import { Ledger } from '../../src/queue/ledger.js';

const submission = { resolve: () => {}, reject: () => {} };

test('the jobs of the source are numbered from 0, those that are submitted have no index', () => {
  const ledger = new Ledger<string>();
  const tickets = [
    ledger.take('a'),
    ledger.submit('b', submission),
    ledger.take('c'),
    ledger.submit('d', submission),
  ];
  expect(tickets.map(({ job, index }) => [job, index])).toEqual([
    ['a', 0],
    ['b', -1],
    ['c', 1],
    ['d', -1],
  ]);
  const orders = tickets.map(({ order }) => order);
  expect(orders).toEqual(orders.toSorted((one, other) => one - other));
  expect(tickets.map((ticket) => ticket.submission)).toEqual([
    undefined,
    submission,
    undefined,
    submission,
  ]);
  for (const values of [orders, tickets.map(({ id }) => id)]) expect(new Set(values).size).toBe(4);
});

test('a ticket is owed until it is settled', () => {
  const ledger = new Ledger<string>();
  expect(ledger.isEmpty).toBe(true);
  const [one, other] = [ledger.take('a'), ledger.submit('b', submission)];
  expect(ledger.tickets).toEqual([one, other]);
  ledger.settle(one);
  expect([ledger.owes(one), ledger.owes(other), ledger.isEmpty]).toEqual([false, true, false]);
  expect(ledger.tickets).toEqual([other]);
  ledger.settle(other);
  expect([ledger.owes(other), ledger.isEmpty, ledger.tickets]).toEqual([false, true, []]);
});

test('somebody waits while a submitted job has no outcome, settled twice or not', () => {
  const ledger = new Ledger<string>();
  const taken = ledger.take('a');
  expect(ledger.hasSubmissions).toBe(false);
  const [one, other] = [ledger.submit('b', submission), ledger.submit('c', submission)];
  ledger.settle(one);
  ledger.settle(one);
  ledger.settle(taken);
  expect(ledger.hasSubmissions).toBe(true);
  ledger.settle(other);
  expect(ledger.hasSubmissions).toBe(false);
});

test('the jobs of the source that are owed are counted apart', () => {
  const ledger = new Ledger<string>();
  const submitted = ledger.submit('a', submission);
  expect(ledger.fromSource).toBe(0);
  const [taken] = [ledger.take('b'), ledger.take('c')];
  expect(ledger.fromSource).toBe(2);
  ledger.settle(submitted);
  expect(ledger.fromSource).toBe(2);
  ledger.settle(taken);
  expect(ledger.fromSource).toBe(1);
});

describe('the outcome of an index is expected', () => {
  test('before its job is taken, and while that is owed', () => {
    const ledger = new Ledger<string>();
    expect(ledger.isExpected(0)).toBe(true);
    const ticket = ledger.take('a');
    expect([ledger.isExpected(0), ledger.isExpected(1)]).toEqual([true, true]);
    ledger.settle(ticket);
    expect([ledger.isExpected(0), ledger.isExpected(1)]).toEqual([false, true]);
  });

  test('whatever is submitted', () => {
    const ledger = new Ledger<string>();
    ledger.settle(ledger.submit('b', submission));
    expect(ledger.isExpected(0)).toBe(true);
  });
});
