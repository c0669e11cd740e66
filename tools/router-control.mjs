// The caller's end of a router's control channel, in its JSON form over a Unix socket; the messages are
// in wire/src/main/proto/crypho/router.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import net from 'node:net';

const VERSION = 1;
const HEAD_BYTES = 4;

/**
 * Connects and proves the secret, both ways. What comes back has `call(request)`, which gives the reply
 * or throws an error with the router's `code`, and `close()`.
 *
 * @param {string} path of the Unix socket
 * @param {string} secret shared with the router
 * @param {(event: object) => void} onEvent takes the router's events
 * @param {() => void} onClose told once when the channel, having been open, is gone by no doing of ours
 */
export async function openControl(
  path,
  secret,
  onEvent = () => undefined,
  onClose = () => undefined,
) {
  const socket = net.connect(path);
  const waiting = new Map();
  let buffer = Buffer.alloc(0);
  let greeting;
  let nextId = 1;
  let isOpen = false;

  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    while (buffer.length >= HEAD_BYTES && buffer.length >= HEAD_BYTES + buffer.readUInt32BE(0)) {
      const end = HEAD_BYTES + buffer.readUInt32BE(0);
      const frame = JSON.parse(buffer.subarray(HEAD_BYTES, end).toString('utf8'));
      buffer = buffer.subarray(end);
      onFrame(frame);
    }
  });
  socket.on('error', (error) => fail(error));
  socket.on('close', () => {
    fail(new Error('the control channel is closed'));
    if (isOpen) onClose();
    isOpen = false;
  });

  function fail(error) {
    greeting?.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function onFrame(frame) {
    if (frame.reply) {
      const call = waiting.get(frame.reply.id);
      waiting.delete(frame.reply.id);
      const error = frame.reply.error;
      if (error) call?.reject(Object.assign(new Error(`${error.code}: ${error.message}`), error));
      else call?.resolve(frame.reply);
    } else if (frame.event) {
      onEvent(frame.event);
    } else {
      greeting?.resolve(frame);
    }
  }

  function write(frame) {
    const body = Buffer.from(JSON.stringify(frame));
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(body.length);
    socket.write(Buffer.concat([head, body]));
  }

  function exchange(frame) {
    return new Promise((resolve, reject) => {
      greeting = { resolve, reject };
      write(frame);
    });
  }

  function proof(label, callerNonce, routerNonce) {
    const version = Buffer.alloc(4);
    version.writeUInt32BE(VERSION);
    return createHmac('sha256', secret)
      .update(label)
      .update(version)
      .update(callerNonce)
      .update(routerNonce)
      .digest();
  }

  const nonce = randomBytes(32);
  const { hello } = await exchange({
    hello: { version: VERSION, nonce: nonce.toString('base64') },
  });
  const theirs = Buffer.from(hello.nonce, 'base64');
  const mac = proof('crypho router v1 caller', nonce, theirs).toString('base64');
  const answer = await exchange({ proof: { mac } });
  const expected = proof('crypho router v1 router', nonce, theirs);
  if (!timingSafeEqual(Buffer.from(answer.proof.mac, 'base64'), expected)) {
    socket.destroy();
    throw new Error('the router does not know the secret');
  }

  isOpen = true;
  return {
    call(body) {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        write({ request: { id, ...body } });
      });
    },
    close() {
      isOpen = false;
      socket.end();
    },
  };
}
