import { expect, test } from 'vitest';
import { pad, paddedLength, unpad } from '../src/index.ts';

test('padding is undone, and never shorter than the content and its mark', () => {
  for (let length = 0; length < 3000; length++) {
    const content = new Uint8Array(length).fill(0);
    const padded = pad(content);
    expect(padded.length).toBeGreaterThan(length);
    expect(padded.length).toBe(paddedLength(length + 1));
    expect(unpad(padded)).toEqual(content);
  }
});

test('a padded length is its own, and grows by at most an eighth', () => {
  for (let length = 32; length < 70_000; length += 7) {
    const padded = paddedLength(length);
    expect(paddedLength(padded)).toBe(padded);
    expect(padded / length).toBeLessThanOrEqual(1.13);
  }
});

test('what is not padded is refused', () => {
  expect(unpad(new Uint8Array(32))).toBeUndefined();
  expect(unpad(new Uint8Array(0))).toBeUndefined();
  expect(unpad(Uint8Array.of(1, 2, 3))).toBeUndefined();
});
