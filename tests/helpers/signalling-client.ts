import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { expect, onTestFinished } from 'vitest'
import {
  PROTOCOL_VERSION,
  type Acknowledge,
  type ClientToServer,
  type ErrorCode,
  type FactName,
  type Joined,
  type RequestName,
  type Result,
  type RoomCode,
  type ServerToClient,
  type Signal,
} from '#signalling/protocol.ts'
import { startSignallingServer, type SignallingServer, type SignallingServerOptions } from '#signalling/server.ts'

export type SignallingSocket = Socket<ServerToClient, ClientToServer>
export type PayloadOf<Name extends FactName> = Parameters<ServerToClient[Name]>[0]
export type AnswerTo<Name extends RequestName> =
  NonNullable<Parameters<ClientToServer[Name]>[1]> extends Acknowledge<infer Answer> ? Answer : never

const ANSWER_MS = 5000

/** Starts a real server on a free port of 127.0.0.1; closed when the test is over. */
export const startTestServer = async (options: SignallingServerOptions = {}): Promise<SignallingServer> => {
  const server = await startSignallingServer({ host: '127.0.0.1', ...options })
  onTestFinished(() => server.close())
  return server
}

/** A socket that has not connected yet and never reconnects by itself; closed when the test is over. */
export const createSocket = (url: string, options: Partial<ManagerOptions & SocketOptions> = {}): SignallingSocket => {
  const socket: SignallingSocket = io(url, {
    transports: ['websocket'],
    auth: { version: PROTOCOL_VERSION },
    reconnection: false,
    forceNew: true,
    autoConnect: false,
    ...options,
  })
  onTestFinished(() => void socket.close())
  return socket
}

/** Awaits the next fact of this name. Call it before whatever causes the fact. */
export const next = <Name extends FactName>(socket: SignallingSocket, name: Name): Promise<PayloadOf<Name>> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.off(name, listener as never)
      reject(new Error(`no ${name} within ${ANSWER_MS} ms`))
    }, ANSWER_MS)
    const listener = (payload: PayloadOf<Name>) => {
      clearTimeout(timer)
      resolve(payload)
    }
    socket.once(name, listener as never)
  })

/** Awaits the end of the connection, whoever ends it. */
export const closed = (socket: SignallingSocket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.disconnected) resolve()
    else socket.once('disconnect', () => resolve())
  })

/** Sends a request and awaits its answer. */
export const request = async <Name extends RequestName>(
  socket: SignallingSocket,
  name: Name,
  payload: Parameters<ClientToServer[Name]>[0],
): Promise<Result<AnswerTo<Name>>> =>
  (await (
    socket.timeout(ANSWER_MS) as unknown as { emitWithAck: (...args: unknown[]) => Promise<unknown> }
  ).emitWithAck(name, payload)) as Result<AnswerTo<Name>>

/** The value of an answer that has to be a good one. */
export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused: ${result.code}`)
  return result.value
}

/** The code of an answer that has to be a refusal. */
export const codeOf = (result: Result<unknown>): ErrorCode => {
  expect(result).toMatchObject({ ok: false, message: expect.any(String) })
  return (result as { code: ErrorCode }).code
}

export interface Client {
  readonly socket: SignallingSocket
  readonly session: PayloadOf<'session:opened'>
  /** All facts in the order they came, `session:opened` first. */
  readonly facts: readonly [name: FactName, payload: unknown][]
}

/** Connects and awaits `session:opened`. */
export const connect = async (url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Client> => {
  const socket = createSocket(url, options)
  const facts: [FactName, unknown][] = []
  socket.onAny((name: FactName, payload: unknown) => facts.push([name, payload]))
  const opened = next(socket, 'session:opened')
  socket.connect()
  return { socket, session: await opened, facts }
}

export const createRoom = async (
  socket: SignallingSocket,
  room: Parameters<ClientToServer['room:create']>[0] = {},
): Promise<RoomCode> => valueOf(await request(socket, 'room:create', room)).code

export type Member = Client & { readonly joined: Joined }

/** Connects and joins. */
export const joinRoom = async (url: string, code: RoomCode, name: string): Promise<Member> => {
  const client = await connect(url)
  return { ...client, joined: valueOf(await request(client.socket, 'room:join', { code, name })) }
}

/** Connects, makes a room and joins it as its host. */
export const hostMeeting = async (
  url: string,
  wish: Parameters<ClientToServer['room:create']>[0] = {},
): Promise<Member & { readonly code: RoomCode; readonly hostKey: string }> => {
  const client = await connect(url)
  const { code, hostKey } = valueOf(await request(client.socket, 'room:create', wish))
  return {
    ...client,
    code,
    hostKey,
    joined: valueOf(await request(client.socket, 'room:join', { code, name: 'Hal', hostKey })),
  }
}

/** Connects, makes a room and joins it under the first name; then lets one more client join for each further name. */
export const fillRoom = async <const Names extends readonly string[]>(
  url: string,
  ...names: Names
): Promise<{ [Index in keyof Names]: Member }> => {
  const [first = '', ...others] = names
  const host = await connect(url)
  const code = await createRoom(host.socket)
  const members: Member[] = [
    { ...host, joined: valueOf(await request(host.socket, 'room:join', { code, name: first })) },
  ]
  for (const name of others) members.push(await joinRoom(url, code, name))
  return members as { [Index in keyof Names]: Member }
}

/** Drops the connection without a word, as a pulled cable does once it is noticed. */
export const dropConnection = (socket: SignallingSocket): void => void socket.io.engine.close()

export const anOffer = (epoch = 'e1', sdp = 'v=0\r\n'): Signal => ({
  kind: 'description',
  epoch,
  toEpoch: null,
  type: 'offer',
  sdp,
})
