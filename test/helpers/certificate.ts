import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

const DAY = 24 * 60 * 60 * 1000;

/** A certificate and its key, both in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface Claims {
  /** The names and the IPv4 addresses that it is for. @default 127.0.0.1 */
  readonly hosts?: readonly string[];
  /** @default a day before it expires */
  readonly begins?: Date;
  /** @default in a day */
  readonly expires?: Date;
}

/** Who vouches for others. */
export interface Authority extends Certificate {
  issue(claims?: Claims): Certificate;
}

/** Who signs, under what name. */
interface Issuer {
  readonly name: string;
  readonly privateKey: KeyObject;
}

/** Makes a certificate for `127.0.0.1` that signs itself. */
export function selfSigned(claims: Claims = {}): Certificate {
  return makeCertificate('127.0.0.1', subjectAltNames(claims), claims);
}

/** Makes a CA that signs as many certificates as are wanted, for servers and for clients. */
export function createAuthority(name = 'Test CA'): Authority {
  const { privateKey, publicKey } = newKeys();
  const authority = { name, privateKey };
  return {
    ...makeCertificate(name, BASIC_CONSTRAINTS, {}, authority, { privateKey, publicKey }),
    issue: (claims = {}) =>
      makeCertificate('Test certificate', subjectAltNames(claims), claims, authority),
  };
}

/**
 * Makes it here, so that the tests need neither an `openssl` nor a key in the repository. RFC 5280
 * §4.1 in DER, as little of it as TLS asks for.
 */
function makeCertificate(
  subject: string,
  extension: Buffer,
  {
    expires = new Date(Date.now() + DAY),
    begins = new Date(Math.min(expires.getTime(), Date.now()) - DAY),
  }: Claims,
  issuer?: Issuer,
  { publicKey, privateKey } = newKeys(),
): Certificate {
  const { name, privateKey: signer } = issuer ?? { name: subject, privateKey };
  const tbs = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    sequence(ECDSA_WITH_SHA256),
    distinguishedName(name),
    sequence(time(begins), time(expires)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const certificate = sequence(tbs, sequence(ECDSA_WITH_SHA256), bits(sign('sha256', tbs, signer)));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function subjectAltNames({ hosts = ['127.0.0.1'] }: Claims): Buffer {
  const names = hosts.map((host) =>
    isIP(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
  );
  return sequence(oid('551d11'), der(0x04, sequence(...names)));
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.concat([Buffer.from([0]), bytes]));
/** GeneralizedTime: `20300101000000Z`. */
const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));

const ECDSA_WITH_SHA256 = oid('2a8648ce3d040302');
/** Critical: a CA. */
const BASIC_CONSTRAINTS = sequence(
  oid('551d13'),
  der(0x01, Buffer.from([0xff])),
  der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);
