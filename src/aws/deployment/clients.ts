/**
 * One client for each service, made when it is first needed, for the region of the definition. `AWS_ENDPOINT_URL`
 * leads all of them elsewhere: the SDK reads it by itself.
 */
export interface CallOptions {
  readonly region: string;
}

/** Throttled calls and lost connections are tried again by the SDK, with pauses that grow. */
export function clientSettings({ region }: CallOptions) {
  return { region, maxAttempts: 6, requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 } };
}

/** What is asked of a client here: tests answer in its place. */
export interface Caller {
  // biome-ignore lint/suspicious/noExplicitAny: the commands of all services have no common type but this
  send(command: any, options?: { abortSignal?: AbortSignal }): Promise<any>;
}
