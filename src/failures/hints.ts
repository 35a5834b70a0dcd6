import type { Phase } from '../errors.js';

/** What failures of one group have in common. */
export interface FailureKind {
  readonly code: string;
  /** Such as `https://api.example.com`. */
  readonly origin: string | undefined;
  readonly phase: Phase | undefined;
  /** Of the response, where the failure has one. */
  readonly statusCode: number | undefined;
}

interface Rule {
  readonly codes: RegExp;
  /** @default any */
  readonly phase?: Phase;
  readonly statusCodes?: readonly number[];
  /** What must hold of all that failed. */
  readonly when?: (kind: FailureKind, all: readonly FailureKind[]) => boolean;
  readonly hint: string;
}

/** So many origins with one failure have something in common that is on this side. */
const MANY = 8;
const TIMEOUT = /TIMEOUT$|^ETIMEDOUT$/;
/** For what has no phase; a kept connection may end in ETIMEDOUT, too. */
const CONNECT_TIMEOUT = /CONNECT_TIMEOUT$|^ETIMEDOUT$/;
const RESET = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;
const RESOLVER =
  'all names are looked up by 4 threads of libuv: set UV_THREADPOOL_SIZE=64 before Node starts, or run fewer sessions at once (numProcesses)';

/** The first one that fits is the one. */
const RULES: readonly Rule[] = [
  {
    codes: /^(EMFILE|ENFILE)$/,
    hint: 'the process has as many files and sockets open as it may: raise the limit (ulimit -n), or lower numProcesses',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    when: isOfMany,
    hint: `many names were not found; ${RESOLVER}`,
  },
  {
    codes: /^EAI_AGAIN$/,
    hint: `the resolver did not answer in time, it may be overloaded; ${RESOLVER}`,
  },
  {
    codes: /^ENOTFOUND$/,
    hint: 'there is no such host: look at its spelling, and whether it is known to the DNS that this machine asks',
  },
  {
    codes: TIMEOUT,
    when: (kind, all) => isInConnect(kind) && isOfMany(kind, all),
    hint: `many hosts had no connection in time; ${RESOLVER}`,
  },
  {
    codes: TIMEOUT,
    when: (kind, all) => isInConnect(kind) && isSlowLater(kind, all),
    hint: 'some of its requests had a connection and then waited: it is overloaded; fewer at once (perOrigin.concurrency), later again (retry)',
  },
  {
    codes: TIMEOUT,
    when: isInConnect,
    hint: 'every timeout of it is in the connect: a firewall drops the packets, its backlog is full, or too many sessions connect at once (perOrigin.concurrency, timeout.connect)',
  },
  {
    codes: TIMEOUT,
    phase: 'firstByte',
    hint: 'the server took the request and was silent: it is slow or overloaded; a longer timeout.read, or fewer at once (perOrigin.concurrency)',
  },
  {
    codes: TIMEOUT,
    phase: 'body',
    hint: 'the body came too slowly or stopped: a longer timeout.read or timeout.total, or stream: true to read it as it comes',
  },
  {
    codes: TIMEOUT,
    hint: 'the server is slow or overloaded: a longer timeout, or fewer at once (perOrigin.concurrency)',
  },
  {
    codes: RESET,
    phase: 'firstByte',
    hint: 'often a server that closes kept connections just as they are used: retry, with methods for a POST that may be sent twice, or the header Connection: close',
  },
  {
    codes: RESET,
    phase: 'body',
    hint: 'the connection broke within the body: the server, or a proxy between, gives up early; retry',
  },
  {
    codes: RESET,
    hint: 'the server or a firewall broke the connection: fewer at once (perOrigin.concurrency), later again (retry)',
  },
  {
    codes: /^ECONNREFUSED$/,
    hint: 'nobody listens on that host and port: the server is down, or the port is another',
  },
  {
    codes: /^(EADDRNOTAVAIL|EADDRINUSE)$/,
    hint: 'there is no local port left: closed connections hold theirs for a minute; lower numProcesses, keep connections, or widen net.ipv4.ip_local_port_range',
  },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH)$/,
    hint: 'there is no way to it: the network is down, or its address is of IPv6 and this machine has none',
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    hint: 'its certificate has expired: its owner has to renew it; look at the clock of this machine too',
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    hint: 'its certificate is not valid yet: look at the clock of this machine',
  },
  {
    codes: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    hint: 'its certificate is for other names: the host is misspelt, or the server is another one',
  },
  {
    codes: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/,
    hint: 'its certificate is self-signed or of a CA that is not known here, or the server leaves out the one between: pass the CA as verify, or set NODE_EXTRA_CA_CERTS',
  },
  {
    codes: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
    hint: 'it does not speak TLS on that port: the URL is perhaps http, or the port another',
  },
  {
    codes: /^(EPROTO|ERR_SSL_\w+|ERR_TLS)$/,
    hint: 'the handshake failed: the server wants a client certificate (cert), or another version of TLS',
  },
  {
    codes: /^(ERR_PROXY_STATUS_407|ERR_SOCKS_AUTHENTICATION)$/,
    hint: "the proxy wants credentials: they belong in the proxy's URL, percent-encoded",
  },
  {
    codes: /^ERR_(PROXY|SOCKS)\w*$/,
    hint: 'the proxy failed: proxies, or an environment variable such as HTTPS_PROXY, names it; NO_PROXY or proxies: null goes without',
  },
  {
    codes: /^/,
    statusCodes: [407],
    hint: "the proxy wants credentials: they belong in the proxy's URL, percent-encoded",
  },
  {
    codes: /^/,
    statusCodes: [429, 503],
    hint: 'the server asks for less: rateLimit, perOrigin, and retry, which honours Retry-After',
  },
  {
    codes: /^/,
    statusCodes: [401, 403],
    hint: 'the server wants other credentials: auth, cookies or a token in headers; a file of failures is written without them',
  },
  {
    codes: /^/,
    statusCodes: [502, 504],
    hint: 'the server behind that server failed or is slow: later again (retry)',
  },
  {
    codes: /^(ERR_RESPONSE_TOO_LARGE|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/,
    hint: 'a larger maxResponseSize, or stream: true to read it as it comes',
  },
  {
    codes: /^(ERR_CONTENT_DECODING|Z_\w+)$/,
    hint: 'the body is not what its Content-Encoding says: ask for it as it is, with the header Accept-Encoding: identity',
  },
  {
    codes: /^ERR_TOO_MANY_REDIRECTS$/,
    hint: 'it redirects in a circle: often a cookie or a login is missing; response.history shows the way',
  },
  {
    codes: /^ERR_UNREWINDABLE_BODY$/,
    hint: 'a stream can be sent once: pass a function that makes it, as data or a file',
  },
  {
    codes: /^ERR_INVALID_URL$/,
    hint: 'the URL is not absolute, http or https: the job has to be changed, to run it again changes nothing',
  },
  {
    codes: /^(ERR_INVALID_JOB|ERR_INVALID_HEADER|UND_ERR_INVALID_ARG)$/,
    hint: 'the job cannot be sent as it is: it has to be changed, to run it again changes nothing',
  },
];

/**
 * What to do about one group of failures, in a sentence; undefined if nothing is known.
 *
 * @param all the groups, this one among them
 */
export function hintFor(kind: FailureKind, all: readonly FailureKind[]): string | undefined {
  return RULES.find(
    ({ codes, phase, statusCodes, when }) =>
      codes.test(kind.code) &&
      (phase === undefined || phase === kind.phase) &&
      (statusCodes === undefined || statusCodes.includes(kind.statusCode ?? 0)) &&
      (when === undefined || when(kind, all)),
  )?.hint;
}

function isOfMany({ code }: FailureKind, all: readonly FailureKind[]): boolean {
  const origins = new Set(all.filter((other) => other.code === code).map((other) => other.origin));
  return origins.size >= MANY;
}

function isInConnect({ code, phase }: FailureKind): boolean {
  return phase === undefined ? CONNECT_TIMEOUT.test(code) : phase === 'connect';
}

/** Whether requests of that origin timed out once they had a connection. */
function isSlowLater({ origin }: FailureKind, all: readonly FailureKind[]): boolean {
  return all.some(
    (other) =>
      origin !== undefined &&
      other.origin === origin &&
      TIMEOUT.test(other.code) &&
      !isInConnect(other),
  );
}
