export type OutcomeKind = 'response' | 'exception';

/**
 * A job's outcome, and what is to be known of it on its way to a reader. To read that off the outcome
 * itself is dear, as it shows another object through.
 */
export interface Settlement<J, O> {
  readonly outcome: O;
  readonly kind: OutcomeKind;
  /** The job's place in the source, from 0; -1 if it was submitted. */
  readonly index: number;
  readonly job: J;
  /** Of the body that it holds in memory. */
  readonly bytes: number;
}
