// The worker of scramble.ts. Its own inverse, so that one serves both ends. No encryption: it proves only
// that nobody between the ends reads or changes a payload.

type Frame = { data: ArrayBuffer };

type FrameTransformer = { readable: ReadableStream<Frame>; writable: WritableStream<Frame> };

addEventListener('rtctransform', (event) => {
  if (!isTransformEvent(event)) throw new Error('not a transform');
  const { readable, writable } = event.transformer;
  void readable.pipeThrough(new TransformStream({ transform: scramble })).pipeTo(writable);
});

function isTransformEvent(event: Event): event is Event & { transformer: FrameTransformer } {
  return 'transformer' in event;
}

function scramble(frame: Frame, out: TransformStreamDefaultController<Frame>): void {
  const octets = new Uint8Array(frame.data);
  for (let i = 0; i < octets.length; i++) {
    octets[i] = (octets[i] ?? 0) ^ ((0xa5 + 31 * i) & 0xff);
  }
  out.enqueue(frame);
}
