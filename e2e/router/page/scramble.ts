// Stands in for end-to-end encryption where a journey proves that the router never reads payloads: what
// leaves the encoder is changed in every octet, and changed back before the decoder.

export function attachScrambler(end: RTCRtpSender | RTCRtpReceiver): void {
  const worker = new Worker(new URL('./scrambler.ts', import.meta.url), { type: 'module' });
  end.transform = new RTCRtpScriptTransform(worker);
}
