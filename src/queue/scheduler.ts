import type { Turn } from '../http/request-context.js';
import { Delayed } from './delayed.js';
import { Entrance } from './entrance.js';
import { type IdleWorker, IdleWorkers } from './idle-workers.js';
import type { JobSource } from './job-source.js';
import type { Placement } from './placement.js';
import { Supply, type SupplyOptions } from './supply.js';
import type { Submission, Ticket } from './ticket.js';
import { type Limits, Turnstile } from './turnstile.js';

/** What bounds the taking of jobs, and their sending. */
export interface SchedulerOptions<J> extends Limits, SupplyOptions {
  /** Whether the source is read ahead for the most urgent job: a queue has an order of its own. */
  readonly isRanked: boolean;
  /** Which worker is to run which job. @default any */
  readonly placement: Placement<J> | undefined;
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
  /** The ticket is not to be run: its own signal was aborted, or it can't be placed. */
  dropped(ticket: Ticket<J>, error: unknown): void;
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
  readonly #workers: IdleWorkers<Ticket<J>>;
  readonly #entrance: Entrance<J>;
  /** Whether each slot has jobs of its own. */
  readonly #hasPlaces: boolean;
  /** Whether a job said how urgent it is. */
  #hasPriorities = false;
  #isPaused = false;
  #isAborted = false;

  constructor(
    source: JobSource<J> | undefined,
    options: SchedulerOptions<J>,
    listener: SchedulerListener<J>,
  ) {
    this.#listener = listener;
    this.#rankedAhead = options.isRanked ? options.lookAhead : 1;
    this.#hasPlaces = options.placement !== undefined;
    this.#turnstile = new Turnstile(options, () => this.serve(), options.placement);
    this.#workers = new IdleWorkers(
      options.placement && ((slot, isIdle) => this.#turnstile.expect(slot, isIdle)),
    );
    this.#entrance = new Entrance(options.placement, {
      owes: (ticket) => this.owes(ticket),
      withdraw: (ticket) => this.#turnstile.delete(ticket) || this.#retrying.delete(ticket),
      dropped: (ticket, error) => listener.dropped(ticket, error),
      // If only to see that the source has no more.
      left: () => this.serve(),
    });
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
    if (this.#accept(ticket)) this.#enqueue(ticket);
  }

  /**
   * The next job if one may go now.
   *
   * @param slot the worker's number, from 0
   */
  take(slot: number): Ticket<J> | undefined {
    const ticket = this.#next(slot);
    // What was looked past on the way may be another's, and what was taken has made room.
    if (ticket !== undefined && this.#hasPlaces) this.serve();
    return ticket;
  }

  /** Has the worker told of its next job, since there was none; of undefined when it may go. */
  wait(slot: number, tell: (ticket: Ticket<J> | undefined) => void): void {
    if (this.#supply.isOver) tell(undefined);
    else this.#workers.push({ slot, tell });
    if (this.#hasPlaces) this.serve();
  }

  /** Asks the source for a job before a worker is free for it: so whether it has one is known. */
  look(): void {
    if (this.#isPaused || this.#turnstile.size > 0) return;
    const ticket = this.#pull();
    if (ticket !== undefined) this.#enqueue(ticket);
  }

  /**
   * Gives the workers that wait what may go now: first those for whom something waits, then any. To
   * be called when `mayTake()` may have changed.
   */
  serve(): void {
    for (let left = this.#workers.size; left > 0; left--) {
      const called = this.#called;
      if (called === undefined && !this.#mayFind) return;
      const worker = this.#workers.take(called) as IdleWorker<Ticket<J>>;
      const { pulling } = this.#supply;
      const ticket = this.#next(worker.slot);
      if (ticket !== undefined) {
        worker.tell(ticket);
        // Those who found nothing may find something now that there is room to look on.
        left = this.#workers.size + 1;
      } else {
        this.#workers.push(worker);
        // A source that takes its time is asked for each worker that waits.
        const isAsked = this.#supply.pulling > pulling;
        if (!isAsked && this.#called === called) return;
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
    if (ticket.policy !== undefined) ticket.waitsSince = performance.now();
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
    this.#workers.sendHome();
  }

  /** A slot whose worker waits, and for which something else than it does. */
  get #called(): number | undefined {
    return this.#hasPlaces ? this.#turnstile.called(performance.now()) : undefined;
  }

  /** Whether a worker that waits for nothing of its own may find something, or has to wait for time. */
  get #mayFind(): boolean {
    if (!this.#hasPlaces) return true;
    return this.#turnstile.hasForAll || this.#supply.canPull(this.#workers.size);
  }

  /** Whether a job is to be run. One that is not has its outcome already, or is to have it soon. */
  #accept(ticket: Ticket<J>): boolean {
    if (ticket.hasPriority) this.#hasPriorities = true;
    // Reading its key may have aborted the pool.
    return this.#entrance.admit(ticket) && !this.#isAborted;
  }

  /** A job that a promise has brought. */
  #arrive(ticket: Ticket<J>): void {
    if (this.isClosed) this.#listener.refused(ticket);
    else if (this.#accept(ticket)) this.#enqueue(ticket);
    // The next one of an async iterable is asked for when this one is there.
    if (this.#hasPriorities) this.#fill();
    this.serve();
  }

  #enqueue(ticket: Ticket<J>): void {
    const worker = this.#isPaused || this.#isLimited ? undefined : this.#workers.take();
    const now = performance.now();
    if (worker !== undefined) worker.tell(this.#begin(ticket, now));
    else this.#add(ticket, now);
    this.serve();
  }

  /** Has it wait for its turn. One that is tried again has waited before. */
  #add(ticket: Ticket<J>, now: number): void {
    ticket.waitsSince ??= now;
    this.#turnstile.add(ticket);
  }

  /** Whether a ticket may have to wait, or another to go before it. */
  get #isLimited(): boolean {
    return this.#hasPlaces || this.#hasPriorities || this.#turnstile.isLimiting;
  }

  /** Whoever submitted a job waits for it, whatever the readers do. */
  get #mayRun(): boolean {
    return this.#listener.mayRun() || this.#supply.hasSubmissions;
  }

  /** What a slot's worker is to do next, if there is something. */
  #next(slot: number): Ticket<J> | undefined {
    if (this.#isPaused) return undefined;
    if (this.#isLimited) return this.#nextInTurn(slot);
    const ticket = this.#pull();
    const now = performance.now();
    if (ticket !== undefined && this.#isPlain(ticket)) return this.#begin(ticket, now);
    if (ticket !== undefined) this.#add(ticket, now);
    // The source may have submitted a job while it was asked.
    return this.#turnstile.size === 0 ? undefined : this.#nextInTurn(slot);
  }

  /** Looks ahead in the source for as long as all that wait are held back. */
  #nextInTurn(slot: number): Ticket<J> | undefined {
    const passed = this.#passThrough(slot);
    if (passed !== undefined) return passed;
    this.#fill();
    for (;;) {
      // Anew each time: the source may take its time, have jobs begun, or pause the pool.
      const now = performance.now();
      if (!this.#mayGo(now)) return undefined;
      const ticket = this.#turnstile.next(now, slot);
      if (ticket !== undefined) return this.#begin(ticket, now);
      const { size } = this.#turnstile;
      const pulled = this.#pull();
      if (pulled !== undefined) {
        this.#add(pulled, performance.now());
        this.#fill();
      }
      // The source may have submitted a job while it was asked.
      else if (this.#turnstile.size === size) return undefined;
    }
  }

  /** Whether something may go now, if its origin lets it. */
  #mayGo(now: number): boolean {
    if (this.#isPaused) return false;
    if (this.#mayRun) return !this.#turnstile.isShut(now);
    this.#turnstile.sleep();
    return false;
  }

  /** What comes next, if nothing waits, and it need not either: what limits it costs little then. */
  #passThrough(slot: number): Ticket<J> | undefined {
    if (this.#hasPriorities || this.#turnstile.size > 0) return undefined;
    const ticket = this.#mayGo(performance.now()) ? this.#pull() : undefined;
    if (ticket === undefined) return undefined;
    const now = performance.now();
    if (this.#isPlain(ticket) && this.#turnstile.pass(ticket, now, slot))
      return this.#begin(ticket, now);
    this.#add(ticket, now);
    return undefined;
  }

  /** Whether it is as urgent as any other, and its source has not paused the pool meanwhile. */
  #isPlain({ hasPriority }: Ticket<J>): boolean {
    return !hasPriority && !this.#isPaused;
  }

  /** One at least, so that the source's end is known before the limits let a job go. */
  #fill(): void {
    while (this.#turnstile.size < (this.#hasPriorities ? this.#rankedAhead : 1)) {
      const ticket = this.#pull();
      if (ticket === undefined) return;
      this.#add(ticket, performance.now());
    }
  }

  /** For one worker more than those that wait: the one that asks. */
  #pull(): Ticket<J> | undefined {
    for (;;) {
      const ticket = this.#supply.pull(this.#workers.size + 1);
      // The source may have aborted the pool while it was asked: then this is one more that is owed.
      if (ticket === undefined || this.#isAborted) return undefined;
      if (this.#accept(ticket)) return ticket;
    }
  }

  #begin(ticket: Ticket<J>, now: number): Ticket<J> {
    this.#supply.begin(ticket);
    ticket.attempts++;
    ticket.sentAt = now;
    ticket.queued = ticket.waitsSince === undefined ? 0 : now - ticket.waitsSince;
    return ticket;
  }
}
