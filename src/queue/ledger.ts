import { Ring } from '../ring.js';
import { type Submission, Ticket } from './ticket.js';

/** The tickets that were given out for jobs and have no outcome yet, in the order of their making. */
export class Ledger<J> {
  readonly #owed = new Ring<Ticket<J>>();
  /** Those of the source's jobs, by index: from the time on when somebody asks for one. */
  #byIndex: Map<number, Ticket<J>> | undefined;
  /** Jobs of the source, and those that were submitted. */
  #taken = 0;
  #submitted = 0;
  /** How many of either have no outcome. */
  #fromSource = 0;
  #submissions = 0;

  get isEmpty(): boolean {
    return this.#owed.isEmpty;
  }

  /** Whether somebody waits for a job that he submitted. */
  get hasSubmissions(): boolean {
    return this.#submissions > 0;
  }

  /** How many jobs there were, of the source and submitted. */
  get taken(): number {
    return this.#taken - this.#submitted;
  }

  /** How many jobs of the source have no outcome. */
  get fromSource(): number {
    return this.#fromSource;
  }

  get tickets(): Ticket<J>[] {
    return this.#owed.items();
  }

  /** A job of the source. */
  take(job: J): Ticket<J> {
    const ticket = this.#add(new Ticket(job, this.#taken++, this.taken));
    this.#fromSource++;
    this.#byIndex?.set(ticket.id, ticket);
    return ticket;
  }

  submit(job: J, submission: Submission): Ticket<J> {
    this.#submissions++;
    return this.#add(new Ticket(job, --this.#submitted, this.taken, submission));
  }

  owes(ticket: Ticket<J>): boolean {
    return ticket.link !== undefined;
  }

  /** The ticket has its outcome. */
  settle(ticket: Ticket<J>): void {
    if (ticket.link === undefined) return;
    this.#owed.delete(ticket.link);
    ticket.link = undefined;
    if (ticket.submission !== undefined) this.#submissions--;
    else this.#fromSource--;
    this.#byIndex?.delete(ticket.id);
  }

  /** Whether the source's job of that index has no outcome yet, or is yet to be taken. */
  isExpected(index: number): boolean {
    return index >= this.#taken || this.#indexed().has(index);
  }

  #add(ticket: Ticket<J>): Ticket<J> {
    ticket.link = this.#owed.add(ticket);
    return ticket;
  }

  #indexed(): Map<number, Ticket<J>> {
    this.#byIndex ??= new Map(this.#owed.items().map((ticket) => [ticket.id, ticket]));
    return this.#byIndex;
  }
}
