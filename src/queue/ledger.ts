import { type Submission, Ticket } from './ticket.js';

/** The tickets that were given out for jobs and have no outcome yet, in the order of their making. */
export class Ledger<J> {
  readonly #owed = new Map<number, Ticket<J>>();
  /** Jobs of the source, and those that were submitted. */
  #taken = 0;
  #submitted = 0;
  /** Of those that were submitted, how many have no outcome. */
  #submissions = 0;

  get isEmpty(): boolean {
    return this.#owed.size === 0;
  }

  /** Whether somebody waits for a job that he submitted. */
  get hasSubmissions(): boolean {
    return this.#submissions > 0;
  }

  /** How many jobs of the source have no outcome. */
  get fromSource(): number {
    return this.#owed.size - this.#submissions;
  }

  get tickets(): Ticket<J>[] {
    return [...this.#owed.values()];
  }

  /** A job of the source. */
  take(job: J): Ticket<J> {
    return this.#add(new Ticket(job, this.#taken++, this.#count));
  }

  submit(job: J, submission: Submission): Ticket<J> {
    this.#submissions++;
    return this.#add(new Ticket(job, --this.#submitted, this.#count, submission));
  }

  owes(ticket: Ticket<J>): boolean {
    return this.#owed.has(ticket.id);
  }

  /** The ticket has its outcome. */
  settle(ticket: Ticket<J>): void {
    if (this.#owed.delete(ticket.id) && ticket.submission !== undefined) this.#submissions--;
  }

  /** Whether the source's job of that index has no outcome yet, or is yet to be taken. */
  isExpected(index: number): boolean {
    return index >= this.#taken || this.#owed.has(index);
  }

  get #count(): number {
    return this.#taken - this.#submitted;
  }

  #add(ticket: Ticket<J>): Ticket<J> {
    this.#owed.set(ticket.id, ticket);
    return ticket;
  }
}
