/** What an early end has to stop: a request under way, a body that is being read. */
export interface Abortable {
  /** Ends it with `error`, now. Does nothing once it is over. */
  abort(error: Error): void;
}
