import { loadEnvFile } from 'node:process'
import type { SignallingServerOptions } from './server.ts'

const DEFAULT_PORT = 8001
const DEFAULT_DATA_DIR = 'data'
const PAGE_DIR = 'dist/renderer'

const loadDotEnv = () => {
  try {
    loadEnvFile()
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isAbsent) throw error
  }
}

const readPort = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new Error(`PORT has to be 0 to 65535, and is "${text}".`)
  return Number(text)
}

const readOrigin = (text: string): string => {
  const url = URL.parse(text)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (!isOrigin) throw new Error(`CLIENT_URL has to be origins like https://meet.example.org, and holds "${text}".`)
  return url.origin
}

/**
 * Reads HOST, PORT, CLIENT_URL and DATA_DIR from the environment, and from the file `.env` what is not set there.
 * An empty DATA_DIR keeps nothing. Throws an `Error` whose message tells a person which value is wrong.
 */
export const readEnvironment = (): SignallingServerOptions => {
  loadDotEnv()
  const { HOST = '', PORT = '', CLIENT_URL = '', DATA_DIR = DEFAULT_DATA_DIR } = process.env
  const origins = CLIENT_URL.split(',').map((text) => text.trim())
  return {
    host: HOST === '' ? undefined : HOST,
    port: PORT === '' ? DEFAULT_PORT : readPort(PORT),
    allowedOrigins: origins.filter((text) => text !== '').map(readOrigin),
    dataDir: DATA_DIR === '' ? undefined : DATA_DIR,
    pageDir: PAGE_DIR,
  }
}
