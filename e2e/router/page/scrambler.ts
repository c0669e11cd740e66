// The worker of scramble.ts. Its own inverse, so that one serves both ends. No encryption: it proves only
// that nobody between the ends reads or changes what is scrambled. What stays readable is what
// docs/protocol/router-media.md asks of senders.

type Frame = {
  data: ArrayBuffer;
  type?: string;
  getMetadata(): { mimeType?: string };
};

type FrameTransformer = { readable: ReadableStream<Frame>; writable: WritableStream<Frame> };

/** RFC 6386 §9.1: the frame tag, and in key frames start code and size behind it. */
const VP8_CLEAR = { key: 10, delta: 3 };

/** AV1 §6.2.2; what the packetizer drops or every receiver must read. */
const OBU_CLEAR_TYPES = [1, 2, 15];

addEventListener('rtctransform', (event) => {
  if (!isTransformEvent(event)) throw new Error('not a transform');
  const { readable, writable } = event.transformer;
  void readable.pipeThrough(new TransformStream({ transform: scramble })).pipeTo(writable);
});
postMessage('ready');

function isTransformEvent(event: Event): event is Event & { transformer: FrameTransformer } {
  return 'transformer' in event;
}

function scramble(frame: Frame, out: TransformStreamDefaultController<Frame>): void {
  const octets = new Uint8Array(frame.data);
  const codec = frame.getMetadata().mimeType?.toLowerCase();
  if (codec === 'video/av1') scrambleObus(octets);
  else if (codec === 'video/vp8') change(octets.subarray(clearOfVp8(frame)));
  else change(octets);
  out.enqueue(frame);
}

function clearOfVp8({ type }: Frame): number {
  return type === 'key' ? VP8_CLEAR.key : VP8_CLEAR.delta;
}

/** AV1 is cut into packets along its OBUs, so their headers and sizes stay as they are. */
function scrambleObus(octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) {
    const header = octets[at] ?? 0;
    at += (header & 4) === 0 ? 1 : 2;
    let size = octets.length - at;
    if ((header & 2) !== 0) [size, at] = leb128(octets, at);
    if (!OBU_CLEAR_TYPES.includes((header >> 3) & 15)) change(octets.subarray(at, at + size));
    at += size;
  }
}

function leb128(octets: Uint8Array, from: number): [value: number, at: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const octet = octets[from + i] ?? 0;
    value += (octet & 0x7f) * 2 ** (7 * i);
    if (octet < 0x80) return [value, from + i + 1];
  }
  throw new Error('not a size');
}

function change(octets: Uint8Array): void {
  for (let i = 0; i < octets.length; i++) {
    octets[i] = (octets[i] ?? 0) ^ ((0xa5 + 31 * i) & 0xff);
  }
}
