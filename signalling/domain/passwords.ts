import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

const SALT_BYTES = 16
const HASH_BYTES = 32
/** 4 MB and about 8 ms a try. At 64 MB, as for passwords of accounts, one room would hold up all others. */
const COST = { N: 4096, r: 8, p: 1 }

/** As a hash is written down: salt and hash, base64url. */
export const PASSWORD_HASH = /^[\w-]{22}\.[\w-]{43}$/

const derive = (password: string, salt: Uint8Array): Buffer => scryptSync(password, salt, HASH_BYTES, COST)

/**
 * What is kept of a password. Synchronous, like all of the domain: requests of one connection are handled in their order, and
 * what is asked of a room is decided before anything else happens to it. Whoever calls bounds how often (attempts.ts).
 */
export const hashPassword = (password: string): string => {
  const salt = randomBytes(SALT_BYTES)
  return `${salt.toString('base64url')}.${derive(password, salt).toString('base64url')}`
}

/** In the same time whatever is tried. */
export const isPassword = (hash: string, password: string): boolean => {
  const [salt = '', expected = ''] = hash.split('.')
  return timingSafeEqual(derive(password, Buffer.from(salt, 'base64url')), Buffer.from(expected, 'base64url'))
}
