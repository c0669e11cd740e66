import { expect, test } from 'vitest';
import { makeServerTime } from '../src/server-time.ts';

const DAY = 86_400_000;
const SERVER = 1_800_000_000_000;

function at(deviceIsOffBy: number) {
  const device = { offMs: deviceIsOffBy, passedMs: 0 };
  const applied: number[] = [];
  const clock = {
    now: () => SERVER + device.passedMs + device.offMs,
    after: () => () => undefined,
  };
  const time = makeServerTime(clock, (offset) => applied.push(offset));
  const server = (): number => SERVER + device.passedMs;
  return { device, time, applied, server, error: () => time.now() - server() };
}

test('before the socket, the header is the guess', () => {
  const { time, server, error, applied } = at(-DAY);
  expect(error()).toBe(-DAY);
  time.header(server());
  expect(error()).toBe(0);
  time.header(server() + 3_000);
  expect(error()).toBe(0);
  expect(applied).toEqual([DAY]);
});

test('after the socket, a proxy’s false header changes nothing', () => {
  const { time, server, error, device } = at(0);
  time.header(server() + 3 * DAY);
  expect(error()).toBe(3 * DAY);
  time.exact(server());
  expect(error()).toBe(0);
  for (let i = 0; i < 5; i++) {
    device.passedMs += 60_000;
    time.header(server() + 3 * DAY);
    expect(error()).toBe(0);
  }
});

test('a clock that is changed while the socket is open is noticed, through such a proxy too', () => {
  const { time, server, error, device } = at(0);
  time.header(server() + 3 * DAY);
  time.exact(server());
  device.offMs = -2 * DAY;
  time.header(server() + 3 * DAY);
  expect(error()).toBe(0);
  device.offMs = DAY;
  time.exact(server());
  expect(error()).toBe(0);
});

test('a refused date makes the other guess, and the next refusal the first one again', () => {
  const { time, server, error } = at(0);
  time.header(server() + 3 * DAY);
  time.doubt();
  expect(error()).toBe(0);
  time.header(server() + 3 * DAY);
  expect(error()).toBe(0);
  time.doubt();
  expect(error()).toBe(3 * DAY);
  time.exact(server());
  time.doubt();
  expect(error()).toBe(0);
});
