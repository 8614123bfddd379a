/**
 * 22 characters of base64url, 128 random bits: epochs and nonces.
 * Not `crypto.randomUUID`: pages that came over plain http do not have it.
 */
export const randomId = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
