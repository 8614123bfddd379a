import type { RelayClient } from './relay-client.ts'
import { xorMapped } from './stun-address.ts'
import {
  attributeTypes,
  classes,
  encodeStun,
  numberValue,
  type StunAttribute,
  type StunMessage,
} from './stun-message.ts'
import { REALM } from './turn-passes.ts'

/** RFC 8489, 14.8 and RFC 8656, 19. The two that anybody can ask for have no words, so that the answer stays short. */
const reasons = {
  400: 'Bad Request',
  401: '',
  403: 'Forbidden',
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch',
  438: '',
  440: 'Address Family not Supported',
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  486: 'Allocation Quota Reached',
  508: 'Insufficient Capacity',
} as const

type TurnErrorCode = keyof typeof reasons

export type TurnAnswer =
  | { readonly ok: true; readonly attributes: readonly StunAttribute[] }
  | { readonly ok: false; readonly code: TurnErrorCode; readonly attributes: readonly StunAttribute[] }

export const succeed = (...attributes: readonly StunAttribute[]): TurnAnswer => ({ ok: true, attributes })
export const fail = (code: TurnErrorCode, ...attributes: readonly StunAttribute[]): TurnAnswer => ({
  ...{ ok: false, code, attributes },
})

/** Asks whoever has not shown a good pass for one. */
export const challenge = (code: 401 | 438, nonce: Buffer): TurnAnswer =>
  fail(code, { type: attributeTypes.realm, value: Buffer.from(REALM) }, { type: attributeTypes.nonce, value: nonce })

export const unknownAttributes = (types: readonly number[]): TurnAnswer => {
  const value = Buffer.alloc(types.length * 2)
  for (const [at, type] of types.entries()) value.writeUInt16BE(type, at * 2)
  return fail(420, { type: attributeTypes.unknownAttributes, value })
}

export const mappedAddress = ({ address, port }: RelayClient, { transactionId }: StunMessage): StunAttribute => ({
  type: attributeTypes.xorMappedAddress,
  value: xorMapped(address, port, transactionId),
})

export const lifetime = (ms: number): StunAttribute => ({
  type: attributeTypes.lifetime,
  value: numberValue(Math.floor(ms / 1000)),
})

const errorCode = (code: TurnErrorCode): StunAttribute => ({
  type: attributeTypes.errorCode,
  value: Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reasons[code])]),
})

/** `key`: seals the answer, when the request was sealed with it. */
export const encodeAnswer = (request: StunMessage, answer: TurnAnswer, key: Buffer | null): Buffer =>
  encodeStun({
    method: request.method,
    class: answer.ok ? classes.success : classes.error,
    transactionId: request.transactionId,
    attributes: answer.ok ? answer.attributes : [errorCode(answer.code), ...answer.attributes],
    key,
    hasFingerprint: request.hasFingerprint,
  })
