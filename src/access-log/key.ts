/** Who writes a file of access logs. */
export interface LogWriter {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** `app.NAME.ID`, as AWS names a load balancer. */
  readonly balancer: string;
  /** The address of the node that wrote it. */
  readonly address: string;
}

/**
 * The key of a file, as an Application Load Balancer lays them out in its bucket:
 * `AWSLogs/ACCOUNT/elasticloadbalancing/REGION/YYYY/MM/DD/ACCOUNT_elasticloadbalancing_REGION_BALANCER_END_ADDRESS_RANDOM.log.gz`.
 * @param end when the last request in it ended, in ms since 1970
 * @param unique tells files of the same minute apart
 */
export function keyOf({ account, region, balancer, address }: LogWriter, end: number, unique: string): string {
  const stamp = `${new Date(end).toISOString().slice(0, 16).replace(/[-:]/g, '')}Z`;
  const name = [account, 'elasticloadbalancing', region, balancer, stamp, address, unique].join('_');
  return `${dayPrefix({ account, region }, end)}${name}.log.gz`;
}

/** What the keys of one day (of UTC) begin with. */
export function dayPrefix({ account, region }: Pick<LogWriter, 'account' | 'region'>, at: number): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');
  return `AWSLogs/${account}/elasticloadbalancing/${region}/${day}/`;
}

const stampInKey = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_[^/]*\.log\.gz$/;

/**
 * The minute in which a file ended, in ms since 1970: no request in it ended a minute or more after this.
 * @returns undefined for a key of another form, such as the test file that AWS puts into a new bucket
 */
export function endOf(key: string): number | undefined {
  const [, year, month, day, hour, minute] = stampInKey.exec(key) ?? [];
  return year === undefined ? undefined : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
}
