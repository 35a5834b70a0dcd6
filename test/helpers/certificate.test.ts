import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { selfSigned } from './certificate.js';

test('selfSigned makes a certificate for 127.0.0.1 that its own key signed', () => {
  const certificate = new X509Certificate(selfSigned().cert);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
});

test('selfSigned makes an expired one too', () => {
  const certificate = new X509Certificate(selfSigned({ expires: new Date(0) }).cert);
  expect(Date.parse(certificate.validTo)).toBe(0);
});
