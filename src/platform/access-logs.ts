/** The balancer's record of every request, in the format of an AWS Application Load Balancer. */
export interface AccessLogs {
  /** Where it is, for a person. */
  readonly place: string;
  /**
   * The lines of requests that ended since a moment, in batches and in no order across files. Some earlier ones come
   * along.
   * @param since ms since 1970
   * @throws code `access-log-damaged` for a file that cannot be read as what it should be
   */
  lines(since: number, signal?: AbortSignal): AsyncIterable<readonly string[]>;
  /** Lines of requests from now on, as they come to be known; it ends when it is told to. */
  follow(signal: AbortSignal): AsyncIterable<readonly string[]>;
}
