/** Something that the people who look after a site should know, beside alarms: it has happened, and is over. */
export interface Notice {
  /** What has happened, in a sentence without its stop. */
  readonly title: string;
  /** Whom it is about: `prod`, `db-2`. */
  readonly where: string;
  /** When it happened or began, ISO 8601. */
  readonly at: string;
  readonly visitorsSee: string;
  readonly toDo: string;
  /** What else is known, in lines. */
  readonly details: readonly string[];
}

/** Tells people, by whatever way the definition names. */
export interface Notifier {
  /**
   * Returns when somebody has taken the notice over: a mail server, a topic.
   * @throws code `not-notified` after 15 s. The notice is lost then; nothing else may depend on it
   */
  notify(notice: Notice): Promise<void>;
}
