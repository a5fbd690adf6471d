import type { Dispatcher } from 'undici'

/** A request that needs a connection for itself. */
export interface Passenger {
  /** Whether it does not want one any more. */
  readonly isGone: boolean
  /** Its turn has come. The connection is its own until it is given back by `release`. */
  board(connection: Connection): void
}

/** What sends one request at a time to one origin. */
export interface Connection {
  readonly origin: string
  readonly dispatcher: Dispatcher
}

/** The connections to one origin. */
interface Line {
  /** The one that was used last is at the end, and goes out first, so that those that are not needed become old. */
  readonly free: Connection[]
  readonly queue: Passenger[]
  count: number
}

/**
 * Connections of one request each, those that were used last first. undici's own pool looks through all of them for each request, and
 * opens a second one for a caller who goes on before it has noticed that the first is free.
 */
export class ConnectionPool {
  readonly #create: () => Dispatcher
  readonly #limit: number
  readonly #lines = new Map<string, Line>()
  readonly #dispatchers = new Set<Dispatcher>()

  /** `create` makes a dispatcher with one connection to an origin. */
  constructor(create: () => Dispatcher, limit = Number.POSITIVE_INFINITY) {
    this.#create = create
    this.#limit = limit
  }

  /** Lets a request go as soon as there is a connection for it. */
  enter(origin: string, passenger: Passenger): void {
    let line = this.#lines.get(origin)
    if (!line) {
      line = { free: [], queue: [], count: 0 }
      this.#lines.set(origin, line)
    }
    const free = line.free.pop()
    if (free) passenger.board(free)
    else if (line.count < this.#limit) passenger.board(this.#open(origin, line))
    else line.queue.push(passenger)
  }

  /** Takes a connection back. One that broke is not used again. */
  release(connection: Connection, isBroken: boolean): void {
    const line = this.#lines.get(connection.origin) as Line
    if (isBroken) this.#drop(connection, line)
    let next = line.queue.shift()
    while (next?.isGone) next = line.queue.shift()
    if (next) {
      next.board(isBroken ? this.#open(connection.origin, line) : connection)
    } else if (!isBroken) line.free.push(connection)
  }

  /** Closes what is open. Nothing may be under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#dispatchers].map((dispatcher) => dispatcher.close()))
  }

  #open(origin: string, line: Line): Connection {
    const connection = { origin, dispatcher: this.#create() }
    line.count += 1
    this.#dispatchers.add(connection.dispatcher)
    connection.dispatcher.on('disconnect', () => {
      const place = line.free.indexOf(connection)
      if (place === -1) return
      line.free.splice(place, 1)
      this.#drop(connection, line)
    })
    return connection
  }

  #drop({ dispatcher }: Connection, line: Line): void {
    line.count -= 1
    this.#dispatchers.delete(dispatcher)
    dispatcher.close().catch(() => {})
  }
}
