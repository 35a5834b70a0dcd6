import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createAuthority, selfSigned } from './certificate.js';

const DAY = 24 * 60 * 60 * 1000;

describe('selfSigned', () => {
  test('makes a certificate for 127.0.0.1 that its own key signed', () => {
    const certificate = new X509Certificate(selfSigned().cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
  });

  test('makes an expired one too', () => {
    const certificate = new X509Certificate(selfSigned({ expires: new Date(0) }).cert);
    expect(Date.parse(certificate.validTo)).toBe(0);
  });
});

describe('createAuthority', () => {
  test('makes a CA that issues certificates with keys of their own', () => {
    const authority = createAuthority();
    const ca = new X509Certificate(authority.cert);
    const issued = new X509Certificate(authority.issue().cert);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(issued.ca).toBe(false);
    expect(issued.checkIssued(ca)).toBe(true);
    expect(issued.verify(ca.publicKey)).toBe(true);
    expect(issued.verify(new X509Certificate(createAuthority().cert).publicKey)).toBe(false);
    expect(authority.issue().key).not.toBe(authority.issue().key);
  });

  test('issues them for the names and addresses that are wanted, and no others', () => {
    const { cert } = createAuthority().issue({ hosts: ['a.test', '127.0.0.2'] });
    const certificate = new X509Certificate(cert);
    expect(certificate.checkHost('a.test')).toBe('a.test');
    expect(certificate.checkIP('127.0.0.2')).toBe('127.0.0.2');
    expect(certificate.checkHost('b.test')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.1')).toBeUndefined();
  });

  test('issues one that is not valid yet', () => {
    const begins = new Date(Date.now() + DAY);
    const expires = new Date(Date.now() + 2 * DAY);
    const certificate = new X509Certificate(createAuthority().issue({ begins, expires }).cert);
    expect(Date.parse(certificate.validFrom)).toBeGreaterThan(Date.now());
  });
});
