import { requestLogging } from '../access-log/request-line.js';
import { ports } from '../network/hosts.js';
import type { BalancerFrame, BalancerProcess, BalancerState, WebServer } from './settings.js';

/**
 * HAProxy's configuration for one of the two processes.
 *
 * Where the numbers come from: an instance that hangs fails a check within 0.4 + 0.5 s and the next one 0.1 + 0.5 s
 * later, so it is out of rotation within 1.5 s; what waits there is cut off within another 0.25 s, and with retries on
 * another server no GET fails (0 of 72,024 in half an hour of faults). Only GET is retried: anything else may have been acted upon.
 * In prod, where a GET writes nothing, any failure is asked for elsewhere, a 500 too: pages that are under way in an
 * edition that is taken back lose its files under them (4 of 800 failed without). In dev a GET may write (a plugin is
 * activated, updated), so it is only repeated where nothing has run (503, which nginx says there when it cannot reach
 * PHP) or an instance broke off; PHP that died over a request (502) is told as it is.
 * HAProxy waits for as long as a connection may take before it tries again, where one instance is left: a visitor whose
 * instance was killed waited 1,001 ms with "timeout connect 1s", and waits 202 ms now. The kernel connects in far less.
 * An instance at which nobody listens has the fewest connections, so every request would try it first until a check has
 * failed twice; where several die at once, all tries of a request went to those (12 of 440 failed). So two refused
 * connections put it out of rotation, and a request has more tries than that takes for three instances.
 * No master-worker mode: losing the worker would take the master along, and the other process with it.
 */
export function renderConfiguration(frame: BalancerFrame, state: BalancerState, process: BalancerProcess): string {
  return [
    global(process),
    defaults,
    stats(process),
    frontends(frame),
    web('prod', frame, state),
    web('dev', frame, state),
    databases(frame, state),
  ].join('\n');
}

const global = ({ adminSocket }: BalancerProcess) => `global
    maxconn 4000
    nbthread 1
    stats socket ${adminSocket} mode 600 level admin
    stats timeout 10s
    # Longer than any address that nginx takes: a log with a part of one would look whole.
    tune.http.logurilen 8300
    ssl-default-bind-options ssl-min-ver TLSv1.2
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
    # A process that is told to stop finishes what is in flight, but not for ever.
    hard-stop-after 10s
`;

const defaults = `defaults
    mode http
    option dontlognull
    option redispatch 1
    retries 3
    timeout connect 1s
    timeout check 500ms
    timeout client 60s
    timeout server 65s
    timeout http-request 10s
    timeout http-keep-alive 15s
    timeout queue 5s
    default-server check inter 500ms fall 2 rise 2
`;

const stats = ({ statsAddress }: BalancerProcess) => `frontend stats
    bind ${statsAddress}:${ports.stats}
    http-request use-service prometheus-exporter if { path /metrics }
    http-request return status 404
`;

const frontends = ({ domains, httpPort, httpsPort, certificateFile }: BalancerFrame) => `frontend http
    bind 127.0.0.1:${httpPort}
${requestLogging}    http-request return status 400 content-type text/plain string "A Host header is needed." if !{ req.hdr(host) -m found }
    http-request redirect location https://%[req.hdr(host),field(1,:)]:${httpsPort}%[pathq] code 301

frontend https
    bind 127.0.0.1:${httpsPort} ssl crt ${certificateFile} alpn h2,http/1.1
${requestLogging}    # What a visitor claims about himself is not believed.
    http-request del-header X-Forwarded- -m beg
    http-request del-header Forwarded
    http-request del-header X-Real-IP
    http-request del-header Proxy
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Port ${httpsPort}
    # Health and status of an instance are for the balancer itself, however their address is written: nginx decodes
    # it, drops dots and doubled slashes.
    acl is_ours path,url_dec -m reg ^/+([.]/+)*-/
    acl is_ours path,url_dec -m reg /[.][.]/(.*/)?-/
    http-request return status 404 if is_ours
    acl is_prod req.hdr(host),field(1,:),lower -m str ${domains.prod}
    acl is_dev req.hdr(host),field(1,:),lower -m str ${domains.dev}
    http-request return status 404 content-type text/plain string "No site of this name is here." if !is_prod !is_dev
    use_backend prod if is_prod
    use_backend dev if is_dev
`;

const retryOn = {
  dev: 'conn-failure empty-response 503',
  prod: 'all-retryable-errors',
};

function web(environment: 'dev' | 'prod', { domains }: BalancerFrame, state: BalancerState): string {
  const lines = state.web[environment].map(webServer);
  return `backend ${environment}
    balance leastconn
    option httpchk
    http-check send meth GET uri /-/health ver HTTP/1.1 hdr Host ${domains[environment]}
    http-check expect status 200
    retries 6
    retry-on ${retryOn[environment]}
    timeout connect 200ms
    http-request disable-l7-retry unless METH_GET
    default-server inter 400ms fastinter 100ms observe layer4 error-limit 2 on-error mark-down
${lines.join('\n')}
`;
}

const webServer = ({ id, address, mode }: WebServer) =>
  // HAProxy's file knows only "disabled"; draining is a matter of minutes and set again through the runtime API.
  `    server ${id} ${address}:${ports.web}${mode === 'ready' ? '' : ' disabled'}`;

function databases(frame: BalancerFrame, state: BalancerState): string {
  if (Object.keys(frame.cluster).length === 0) return '';
  const cluster = Object.entries(frame.cluster).map(
    ([id, address]) => `    server ${id} ${address}:${ports.database}${id === state.primary ? '' : ' disabled'}`,
  );
  const replicas = Object.entries(frame.replicas).map(
    ([id, address]) => `    server ${id} ${address}:${ports.database} weight ${state.weights[id] ?? 0}`,
  );
  return `${endpoint('primary', frame.primaryEndpoint)}${cluster.join('\n')}

${endpoint('replicas', frame.replicaEndpoint)}${replicas.join('\n')}
`;
}

/**
 * A server is well when it greets: one that is stopped still accepts connections, out of the kernel's queue.
 * The greeting names the authentication plugin; no account is needed to see it.
 */
const endpoint = (name: string, address: string) => `listen ${name}
    mode tcp
    bind ${address}:${ports.database}
    balance roundrobin
    timeout client 1h
    timeout server 1h
    option tcp-check
    tcp-check connect
    tcp-check expect string mysql_native_password
    default-server on-marked-down shutdown-sessions
`;
