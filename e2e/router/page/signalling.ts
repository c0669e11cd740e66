// The page's end of signalling: questions by fetch, events by EventSource, which comes back by itself.
import type { types } from 'mediasoup-client';

export type RoomProducer = { id: string; peer: string; label: string; kind: types.MediaKind };

export type RoomState = { generation: number; producers: readonly RoomProducer[] };

export type TransportParameters = {
  id: string;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  dtlsParameters: types.DtlsParameters;
};

export type Layers = { spatialLayer: number; temporalLayer?: number };

/** How something is shown, in pixels; hidden: not at all. */
export type View = { width: number; height: number; hidden?: boolean };

/** What can be asked, and what comes back. */
export type Questions = {
  join: { asked: object; answer: { generation: number; capabilities: types.RtpCapabilities } };
  leave: { asked: object; answer: object };
  createTransport: { asked: object; answer: TransportParameters };
  connectTransport: {
    asked: { transportId: string; dtlsParameters: types.DtlsParameters };
    answer: object;
  };
  restartIce: { asked: { transportId: string }; answer: { iceParameters: types.IceParameters } };
  produce: {
    asked: {
      transportId: string;
      kind: types.MediaKind;
      rtpParameters: types.RtpParameters;
      label: string;
      /** Pixels of the source, where it has any. */
      size: { width: number; height: number } | undefined;
    };
    answer: { id: string };
  };
  closeProducer: { asked: { producerId: string }; answer: object };
  consume: {
    asked: { transportId: string; producerId: string; capabilities: types.RtpCapabilities };
    answer: {
      id: string;
      producerId: string;
      kind: types.MediaKind;
      rtpParameters: types.RtpParameters;
    };
  };
  resumeConsumer: { asked: { consumerId: string }; answer: object };
  setView: { asked: { consumerId: string; view: View }; answer: object };
  setPreferredLayers: { asked: { consumerId: string; layers: Layers }; answer: object };
};

export type Signalling = {
  ask<Q extends keyof Questions>(
    what: Q,
    asked: Questions[Q]['asked'],
  ): Promise<Questions[Q]['answer']>;
};

/** The router has forgotten what was asked about. */
export class GoneError extends Error {}

/**
 * A connection whose address is gone says nothing, and a browser goes on using it: whoever waits long
 * waits for nothing. The next question takes a new one.
 */
const ASK_MS_MAX = 2_500;

export function openSignalling(
  room: string,
  peer: string,
  onRoom: (state: RoomState) => void,
): Signalling {
  const address = `/rooms/${room}/${peer}`;
  const events = new EventSource(`${address}/events`);
  events.addEventListener('room', (event) => onRoom(JSON.parse(event.data)));
  return {
    async ask(what, asked) {
      const response = await fetch(`${address}/${what}`, {
        method: 'POST',
        body: JSON.stringify(asked),
        signal: AbortSignal.timeout(ASK_MS_MAX),
      });
      if (response.status === 410) throw new GoneError(what);
      if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
      return response.json();
    },
  };
}
