import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';

/** The longest message, and the longest frame of one, that API Gateway takes, in bytes. */
const LONGEST = 131_072;
const LONGEST_FRAME = 32_768;

const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface Frame {
  readonly isLast: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** RFC 6455, 1.3: what proves that a server understood the handshake. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/**
 * The server's side of a WebSocket after the handshake: text messages both ways, pings answered,
 * the closing handshake. Binary messages close it, as they do at API Gateway.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455
 */
export class WebSocketConnection {
  onText: (text: string) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: Duplex;
  #received: Buffer = Buffer.alloc(0);
  #message: Buffer[] = [];
  #isInMessage = false;
  #isClosing = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.once('close', () => this.onClose());
    // If the client ends without a closing frame, Node leaves our half of the connection open.
    socket.once('end', () => socket.end());
    // A client that drops the connection while it closes causes a reset.
    socket.on('error', () => socket.destroy());
  }

  /** A message after the end is lost, and so is one to a client that has gone. */
  send(text: string): void {
    if (!this.#isClosing) this.#write(OPCODES.text, Buffer.from(text));
  }

  /** @param code RFC 6455, 7.4.1. Default: 1000, normal closure. */
  close(code = 1000): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(OPCODES.close, payload);
    this.#socket.end();
  }

  #write(opcode: number, payload: Buffer): void {
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = 0x80 | opcode;
    if (length < 126) head[1] = length;
    else if (length < 65_536) {
      head[1] = 126;
      head.writeUInt16BE(length, 2);
    } else {
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(length), 2);
    }
    if (this.#socket.writable) this.#socket.write(Buffer.concat([head, payload]));
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosing) return;
    this.#received = Buffer.concat([this.#received, chunk]);
    while (!this.#isClosing) {
      const frame = this.#nextFrame();
      if (frame === undefined) return;
      this.#take(frame);
    }
  }

  /** @returns `undefined` if it has not all come yet, or has closed the connection */
  #nextFrame(): Frame | undefined {
    const data = this.#received;
    if (data.length < 2) return undefined;
    const [first, second] = data as unknown as [number, number];
    const short = second & 0x7f;
    const at = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (data.length < at + 4) return undefined;
    const length =
      short === 126
        ? data.readUInt16BE(2)
        : short === 127
          ? Number(data.readBigUInt64BE(2))
          : short;
    const isMasked = (second & 0x80) !== 0;
    const isControl = (first & 0x08) !== 0;
    if ((first & 0x70) !== 0 || !isMasked || (isControl && (length > 125 || first < 0x80))) {
      this.close(1002);
      return undefined;
    }
    if (length > LONGEST_FRAME) {
      this.close(1009);
      return undefined;
    }
    if (data.length < at + 4 + length) return undefined;
    const mask = data.subarray(at, at + 4);
    const payload = Buffer.from(data.subarray(at + 4, at + 4 + length));
    for (let index = 0; index < length; index += 1) {
      payload[index] = (payload[index] as number) ^ (mask[index % 4] as number);
    }
    this.#received = data.subarray(at + 4 + length);
    return { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }

  #take({ isLast, opcode, payload }: Frame): void {
    switch (opcode) {
      case OPCODES.ping:
        return this.#write(OPCODES.pong, payload);
      case OPCODES.pong:
        return undefined;
      case OPCODES.close:
        return this.close(answerTo(payload));
      case OPCODES.text:
      case OPCODES.continuation:
        if ((opcode === OPCODES.continuation) !== this.#isInMessage) return this.close(1002);
        return this.#collect(payload, isLast);
      case OPCODES.binary:
        return this.close(1003);
      default:
        return this.close(1002);
    }
  }

  #collect(payload: Buffer, isLast: boolean): void {
    this.#message.push(payload);
    this.#isInMessage = !isLast;
    const bytes = Buffer.concat(this.#message);
    if (bytes.length > LONGEST) return this.close(1009);
    if (!isLast) return undefined;
    this.#message = [];
    try {
      this.onText(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      this.close(1007);
    }
    return undefined;
  }
}

/** The code that comes back: the same, unless it may not be sent (RFC 6455, 7.4). */
function answerTo(payload: Buffer): number {
  if (payload.length === 0) return 1000;
  const code = payload.length === 1 ? 0 : payload.readUInt16BE();
  const maySend =
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999);
  return maySend ? code : 1002;
}
