/** Wills as the computers make them that host a room one after the other. */
import type { WillStep } from '#signalling/protocol.ts'
import { HostSigner } from '#signalling/domain/wills.ts'
import type { SelfSigned } from './self-signed.ts'

/** What one computer signs of the next. */
export const signStep = ({ key }: Pick<SelfSigned, 'key'>, code: string, heir: string): WillStep =>
  new HostSigner(key).sign(code, heir)

/** Leads from the first of these to the last, whose key signs nothing. */
export const makeWill = (code: string, ...hosts: readonly SelfSigned[]): WillStep[] =>
  hosts.slice(0, -1).map((host, index) => signStep(host, code, hosts[index + 1]!.pin))
