import { Intake } from './intake.js';
import type { JobSource } from './job-source.js';
import { Ledger } from './ledger.js';
import type { Submission, Ticket } from './ticket.js';

export interface SupplyOptions {
  /** How many jobs of the source may be taken and not under way. */
  readonly lookAhead: number;
}

/** What a supply asks and tells the scheduler. */
export interface SupplyListener<J> {
  /** Whether more jobs are wanted from the source now. */
  mayTake(): boolean;
  /** A job that a promise has brought. */
  arrived(ticket: Ticket<J>): void;
  /** It was asked while the source was being asked, and can be asked again. */
  ready(): void;
  /** What it says of itself may be other than it was. */
  changed(): void;
  /** The source broke: nothing more comes from it. */
  failed(error: unknown): void;
}

/** Tickets for jobs: those of the source as they are wanted, and those that are submitted. */
export class Supply<J> {
  readonly #lookAhead: number;
  readonly #listener: SupplyListener<J>;
  readonly #intake: Intake<J>;
  readonly #ledger = new Ledger<J>();
  /** How many of the source's jobs are under way. */
  #running = 0;
  /** Whether the source is being asked for a job. */
  #isAsking = false;

  constructor(
    source: JobSource<J> | undefined,
    { lookAhead }: SupplyOptions,
    listener: SupplyListener<J>,
  ) {
    this.#lookAhead = lookAhead;
    this.#listener = listener;
    this.#intake = new Intake(source, {
      arrived: (job) => listener.arrived(this.#ledger.take(job)),
      changed: () => listener.changed(),
      failed: (error) => listener.failed(error),
    });
  }

  get hasSource(): boolean {
    return this.#intake.hasSource;
  }

  get isClosed(): boolean {
    return this.#intake.isClosed;
  }

  /** How many jobs the source has been asked for and not given yet. */
  get pulling(): number {
    return this.#intake.pulling;
  }

  /** Whether a job that is submitted would be taken. */
  get isOpen(): boolean {
    return !this.isClosed && !this.#intake.isExhausted;
  }

  /** Whether every job taken has its outcome, and none waits to be taken. */
  get isSettled(): boolean {
    // A source that is being asked may hand a job out, though it closes its pool meanwhile.
    return this.#ledger.isEmpty && !this.#isAsking && this.#intake.isDrained;
  }

  /** Whether every job taken has its outcome, and none will be taken any more. */
  get isOver(): boolean {
    return this.#ledger.isEmpty && !this.#isAsking && !this.isOpen;
  }

  /** How many jobs were taken, and how many the source has left, where it can tell. */
  get counts(): { readonly taken: number; readonly left: number | undefined } {
    return { taken: this.#ledger.taken, left: this.#intake.left };
  }

  /** Whether somebody waits for a job that he submitted. */
  get hasSubmissions(): boolean {
    return this.#ledger.hasSubmissions;
  }

  /** The tickets that have no outcome yet. */
  get owed(): Ticket<J>[] {
    return this.#ledger.tickets;
  }

  owes(ticket: Ticket<J>): boolean {
    return this.#ledger.owes(ticket);
  }

  /** Whether the source's job of that index has no outcome yet, or is yet to be taken. */
  isExpected(index: number): boolean {
    return this.#ledger.isExpected(index);
  }

  submit(job: J, submission: Submission): Ticket<J> {
    return this.#ledger.submit(job, submission);
  }

  /**
   * The source's next job, if it is wanted and there at once; else it arrives later, or none does.
   *
   * @param waiting how many workers it would be for, at most: it is asked for no more at a time
   */
  pull(waiting: number): Ticket<J> | undefined {
    if (!this.canPull(waiting)) return undefined;
    const job = this.#ask();
    return job === undefined ? undefined : this.#ledger.take(job);
  }

  /** Whether `pull()` would ask the source. */
  canPull(waiting: number): boolean {
    if (!this.#intake.isOpen || this.#intake.pulling >= waiting) return false;
    if (this.#ledger.fromSource - this.#running >= this.#lookAhead) return false;
    return this.#listener.mayTake();
  }

  /** Says that a ticket is under way. */
  begin({ submission }: Ticket<J>): void {
    if (submission === undefined) this.#running++;
  }

  /** Says that it is not any more. */
  end({ submission }: Ticket<J>): void {
    if (submission === undefined) this.#running--;
  }

  /** Says that it has its outcome. */
  settle(ticket: Ticket<J>): void {
    this.#ledger.settle(ticket);
  }

  close(): void {
    this.#intake.close();
  }

  /** A generator that has its pool resumed, say, is still running then, and is asked later. */
  #ask(): J | undefined {
    if (this.#isAsking) {
      queueMicrotask(() => this.#listener.ready());
      return undefined;
    }
    this.#isAsking = true;
    const job = this.#intake.pull();
    this.#isAsking = false;
    if (job === undefined) this.#listener.changed();
    return job;
  }
}
