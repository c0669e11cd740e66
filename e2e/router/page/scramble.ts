// Stands in for end-to-end encryption where a journey proves that the router never reads what is
// encrypted: what leaves the encoder is changed, and changed back before the decoder.

export type Scrambler = (end: RTCRtpSender | RTCRtpReceiver) => void;

/** Resolves when the worker listens: a transform that is made before then would not be heard of. */
export async function openScrambler(): Promise<Scrambler> {
  const worker = new Worker(new URL('./scrambler.ts', import.meta.url), { type: 'module' });
  await new Promise<void>((ready, fail) => {
    worker.onmessage = () => ready();
    worker.onerror = (event) => fail(new Error(event.message));
  });
  return (end) => {
    end.transform = new RTCRtpScriptTransform(worker);
  };
}
