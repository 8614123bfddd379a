/**
 * The certificate that the other side of one connection showed when hands were shaken. A description may name another one
 * later and have hands shaken again (DTLS restart), with whoever that is.
 */
export class RemoteCertificate {
  readonly #transport: () => RTCDtlsTransport | null
  #first: ArrayBuffer | null = null

  constructor(transport: () => RTCDtlsTransport | null) {
    this.#transport = transport
  }

  /** The first one, DER; null before hands were shaken. */
  read(): ArrayBuffer | null {
    this.#first ??= this.#present
    return this.#first
  }

  /** Whether the other side shows another one than at first. */
  hasChanged(): boolean {
    const [first, present] = [this.read(), this.#present]
    return first !== null && present !== null && !areSame(first, present)
  }

  get #present(): ArrayBuffer | null {
    return this.#transport()?.getRemoteCertificates()[0] ?? null
  }
}

const areSame = (a: ArrayBuffer, b: ArrayBuffer): boolean => {
  const [left, right] = [new Uint8Array(a), new Uint8Array(b)]
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
