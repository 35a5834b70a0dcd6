import type { AbortError, Phase } from '../errors.js';
import { Fifo } from '../fifo.js';
import { onAbort } from '../http/abort-signals.js';
import type { Turn } from '../http/request-context.js';
import { Delayed } from './delayed.js';
import type { JobSource } from './job-source.js';
import { Supply, type SupplyOptions } from './supply.js';
import { abortedBySignal, type Submission, type Ticket } from './ticket.js';
import { type Limits, Turnstile } from './turnstile.js';

/** What bounds the taking of jobs, and their sending. */
export interface SchedulerOptions extends Limits, SupplyOptions {
  /** Whether the source is read ahead for the most urgent job: a queue has an order of its own. */
  readonly isRanked: boolean;
}

/** What the scheduler asks and tells the pool. */
export interface SchedulerListener<J> {
  /** Whether more jobs are wanted from the source now. */
  mayTake(): boolean;
  /** Whether outcomes are wanted of those that were looked ahead at. */
  mayRun(): boolean;
  /** `isSettled` may have become true. */
  changed(): void;
  /** The source broke: nothing more comes from it. */
  failed(error: unknown): void;
  /** The ticket's own signal was aborted. */
  aborted(ticket: Ticket<J>, error: AbortError): void;
  /** The source handed out a job after the pool was closed, or aborted. */
  refused(ticket: Ticket<J>): void;
}

/**
 * Gives jobs to workers as they ask for them, within the limits. The source is asked for a job when
 * a worker is free for it; beyond that only for what may go before a job that has to wait.
 *
 * State: tickets that wait for a worker or for what limits them, at the turnstile; those that wait
 * for their next attempt; workers that wait; all tickets that have no outcome yet.
 */
export class Scheduler<J> {
  readonly #listener: SchedulerListener<J>;
  readonly #supply: Supply<J>;
  /** How far the source is read ahead for the most urgent job. */
  readonly #rankedAhead: number;
  readonly #turnstile: Turnstile<Ticket<J>>;
  readonly #retrying = new Delayed<Ticket<J>>();
  readonly #workers = new Fifo<(ticket: Ticket<J> | undefined) => void>();
  /** Whether a job said how urgent it is. */
  #hasPriorities = false;
  #isPaused = false;
  #isAborted = false;

  constructor(
    source: JobSource<J> | undefined,
    options: SchedulerOptions,
    listener: SchedulerListener<J>,
  ) {
    this.#listener = listener;
    this.#rankedAhead = options.isRanked ? options.lookAhead : 1;
    this.#turnstile = new Turnstile(options, () => this.serve());
    this.#supply = new Supply(source, options, {
      mayTake: () => listener.mayTake(),
      arrived: (ticket) => this.#arrive(ticket),
      ready: () => this.serve(),
      changed: () => this.#changed(),
      failed: (error) => listener.failed(error),
    });
  }

  /** Whether every job taken has its outcome, and none waits to be taken. */
  get isSettled(): boolean {
    return this.#supply.isSettled;
  }

  /** Whether it gives out more than what is submitted. */
  get hasSource(): boolean {
    return this.#supply.hasSource;
  }

  get isClosed(): boolean {
    return this.#supply.isClosed;
  }

  /** Whether a submitted job would still be taken. */
  get isOpen(): boolean {
    return this.#supply.isOpen;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** How many jobs were taken, and how many the source has left, where it can tell. */
  get counts(): Supply<J>['counts'] {
    return this.#supply.counts;
  }

  /** Whether the source's job of that index has no outcome yet, or is yet to be taken. */
  isExpected(index: number): boolean {
    return this.#supply.isExpected(index);
  }

  /** Whether the ticket has no outcome yet. */
  owes(ticket: Ticket<J>): boolean {
    return this.#supply.owes(ticket);
  }

  submit(job: J, submission: Submission): void {
    const ticket = this.#supply.submit(job, submission);
    if (this.#watch(ticket)) this.#enqueue(ticket);
  }

  /** The next job; undefined when the worker may go. */
  take(): Ticket<J> | undefined | Promise<Ticket<J> | undefined> {
    const ticket = this.#next();
    if (ticket !== undefined || this.#supply.isOver) return ticket;
    return new Promise((resolve) => this.#workers.push(resolve));
  }

  /** Asks the source for a job before a worker is free for it: so whether it has one is known. */
  look(): void {
    if (this.#isPaused || this.#turnstile.size > 0) return;
    const ticket = this.#pull();
    if (ticket !== undefined) this.#enqueue(ticket);
  }

  /** Gives the workers that wait what may go now. To be called when `mayTake()` may have changed. */
  serve(): void {
    for (let left = this.#workers.size; left > 0; left--) {
      const worker = this.#workers.shift();
      if (worker === undefined) return;
      const { pulling } = this.#supply;
      const ticket = this.#next();
      if (ticket !== undefined) worker(ticket);
      else {
        this.#workers.push(worker);
        // A source that takes its time is asked for each worker that waits.
        if (this.#supply.pulling === pulling) return;
      }
    }
  }

  /**
   * Says that an attempt is over.
   *
   * @returns whether the ticket is still without its outcome
   */
  end(ticket: Ticket<J>): boolean {
    this.#supply.end(ticket);
    if (this.#turnstile.isLimiting) {
      this.#turnstile.end(ticket, performance.now());
      this.serve();
    }
    return this.owes(ticket);
  }

  /** Says that a ticket has its outcome. */
  done(ticket: Ticket<J>): void {
    this.#supply.settle(ticket);
    ticket.unlisten?.();
    if (this.#supply.isOver) this.#sendHome();
  }

  /** Has it run again, in so many milliseconds at the earliest. */
  retry(ticket: Ticket<J>, delay: number): void {
    this.#retrying.add(ticket, delay, (due) => this.#enqueue(due));
  }

  /** Where origins are held, and said to be well again. */
  get origins(): Turnstile<Ticket<J>>['origins'] {
    return this.#turnstile.origins;
  }

  /** Waits, if need be, until the rates allow one more request of a job under way. */
  admit(url: URL): Turn | undefined {
    return this.#turnstile.admit(url.origin);
  }

  pause(): void {
    this.#isPaused = true;
    this.#turnstile.sleep();
  }

  resume(): void {
    this.#isPaused = false;
    this.serve();
  }

  /** Takes nothing more. What was taken is still run. */
  close(): void {
    if (this.isClosed) return;
    this.#supply.close();
    this.#changed();
  }

  /** Takes nothing more, and gives back what waits. */
  abort(): Ticket<J>[] {
    this.#isAborted = true;
    const waiting = [...this.#turnstile.drain(), ...this.#retrying.drain()];
    this.close();
    return waiting;
  }

  /** The tickets that have no outcome yet. */
  get owed(): Ticket<J>[] {
    return this.#supply.owed;
  }

  #changed(): void {
    if (this.#supply.isOver) this.#sendHome();
    this.#listener.changed();
  }

  #sendHome(): void {
    for (const worker of this.#workers.drain()) worker(undefined);
  }

  /**
   * Listens to the job's signal.
   *
   * @returns whether the job is to be run; one whose signal is aborted already has its outcome
   */
  #watch(ticket: Ticket<J>): boolean {
    const { signal } = ticket;
    if (signal === undefined) return true;
    if (signal.aborted) this.#listener.aborted(ticket, abortedBySignal('queued', signal.reason));
    else ticket.unlisten = onAbort(signal, () => this.#giveUp(ticket, signal.reason));
    return !signal.aborted;
  }

  /** A ticket whose signal is aborted. If it is under way, its session may say it better. */
  #giveUp(ticket: Ticket<J>, cause: unknown): void {
    const give = (phase: Phase) => {
      this.#listener.aborted(ticket, abortedBySignal(phase, cause));
      // Its place is another's, if only to see that the source has no more.
      this.serve();
    };
    if (this.#withdraw(ticket)) give('queued');
    else
      setImmediate(() => {
        const isWaiting = this.#withdraw(ticket); // for a retry by now
        if (this.owes(ticket)) give(isWaiting ? 'queued' : ticket.phase);
      });
  }

  /** @returns whether it waited for its turn */
  #withdraw(ticket: Ticket<J>): boolean {
    return this.#turnstile.delete(ticket) || this.#retrying.delete(ticket);
  }

  /** A job that a promise has brought. */
  #arrive(ticket: Ticket<J>): void {
    if (this.isClosed) this.#listener.refused(ticket);
    else if (this.#watch(ticket)) this.#enqueue(ticket);
    // The next one of an async iterable is asked for when this one is there.
    if (this.#hasPriorities) this.#fill();
    this.serve();
  }

  #enqueue(ticket: Ticket<J>): void {
    if (ticket.hasPriority) this.#hasPriorities = true;
    const worker = this.#isPaused || this.#isLimited ? undefined : this.#workers.shift();
    if (worker !== undefined) worker(this.#begin(ticket, performance.now()));
    else this.#turnstile.add(ticket);
    this.serve();
  }

  /** Whether a ticket may have to wait, or another to go before it. */
  get #isLimited(): boolean {
    return this.#hasPriorities || this.#turnstile.isLimiting;
  }

  /** Whoever submitted a job waits for it, whatever the readers do. */
  get #mayRun(): boolean {
    return this.#listener.mayRun() || this.#supply.hasSubmissions;
  }

  #next(): Ticket<J> | undefined {
    if (this.#isPaused) return undefined;
    const now = performance.now();
    if (this.#isLimited) return this.#nextInTurn(now);
    const ticket = this.#pull();
    if (ticket !== undefined && !ticket.hasPriority) return this.#begin(ticket, now);
    if (ticket !== undefined) {
      this.#hasPriorities = true;
      this.#turnstile.add(ticket);
    }
    // The source may have submitted a job while it was asked.
    return this.#turnstile.size === 0 ? undefined : this.#nextInTurn(now);
  }

  /** Looks ahead in the source for as long as all that wait are held back. */
  #nextInTurn(now: number): Ticket<J> | undefined {
    this.#fill();
    if (!this.#mayRun) this.#turnstile.sleep();
    if (!this.#mayRun || this.#turnstile.isShut(now)) return undefined;
    for (;;) {
      const ticket = this.#turnstile.next(now);
      if (ticket !== undefined) return this.#begin(ticket, now);
      const { size } = this.#turnstile;
      const pulled = this.#pull();
      if (pulled !== undefined) this.#turnstile.add(pulled);
      // The source may have submitted a job while it was asked.
      else if (this.#turnstile.size === size) return undefined;
    }
  }

  /** One at least, so that the source's end is known before the limits let a job go. */
  #fill(): void {
    const depth = this.#hasPriorities ? this.#rankedAhead : 1;
    while (this.#turnstile.size < depth) {
      const ticket = this.#pull();
      if (ticket === undefined) return;
      this.#turnstile.add(ticket);
    }
  }

  /** For one worker more than those that wait: the one that asks. */
  #pull(): Ticket<J> | undefined {
    for (;;) {
      const ticket = this.#supply.pull(this.#workers.size + 1);
      // The source may have aborted the pool while it was asked: then this is one more that is owed.
      if (ticket === undefined || this.#isAborted) return undefined;
      if (this.#watch(ticket)) return ticket;
    }
  }

  #begin(ticket: Ticket<J>, now: number): Ticket<J> {
    this.#supply.begin(ticket);
    ticket.attempts++;
    ticket.sentAt = now;
    return ticket;
  }
}
