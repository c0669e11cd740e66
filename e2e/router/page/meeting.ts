// One participant: sends its sources, takes everything that the others send, and comes back by itself
// when its address changes or the router is started anew.
import { Device } from 'mediasoup-client';
import type { types } from 'mediasoup-client';
import { openScrambler, type Scrambler } from './scramble.ts';
import { GoneError, openSignalling, type Layers, type RoomState, type View } from './signalling.ts';
import { openSource, type Size, type SourceKind } from './sources.ts';
import { readStats, type MeetingStats } from './stats.ts';

export type SourceOptions = {
  label: string;
  kind: SourceKind;
  size?: Size;
  /** The codec's mime type, where it is not the first that both sides have. */
  codec?: string;
  encodings?: types.RtpEncodingParameters[];
  codecOptions?: types.ProducerCodecOptions;
};

export type MeetingOptions = {
  room: string;
  sources: SourceOptions[];
  iceServers?: RTCIceServer[];
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Whether payloads are scrambled on the way, by those who send and those who receive. */
  isScrambled?: boolean;
};

export type Meeting = {
  peer: string;
  /** How often the meeting was entered: once more after each start of the router. */
  entries(): number;
  whenEntered(): Promise<void>;
  add(source: SourceOptions): Promise<void>;
  remove(label: string): Promise<void>;
  stats(): Promise<MeetingStats>;
  setPreferredLayers(peer: string, label: string, layers: Layers): Promise<void>;
  /** Shows it that large, and tells the router so. */
  setView(peer: string, label: string, view: View): Promise<void>;
  restartIce(): Promise<void>;
  leave(): Promise<void>;
};

type Sent = { options: SourceOptions; track: MediaStreamTrack; producer?: types.Producer };

type Taken = {
  peer: string;
  label: string;
  consumer: types.Consumer;
  element: HTMLMediaElement;
};

type Connection = {
  generation: number;
  device: Device;
  send: types.Transport;
  receive: types.Transport;
};

const RECOVERY_MS = 500;
const PATIENCE_MS = 1_500;
const PATIENCE_MS_MAX = 6_000;
const WITHOUT_PATH: readonly string[] = ['disconnected', 'failed'];

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

export function openMeeting(options: MeetingOptions): Meeting {
  const peer = crypto.randomUUID();
  const sent: Sent[] = [];
  const taken = new Map<string, Taken>();
  let wanted: RoomState = { generation: 0, producers: [] };
  let connection: Connection | undefined;
  let entries = 0;
  let isLeft = false;
  let scrambler: Scrambler | undefined;
  // One thing at a time: entering, taking, sending and recovering would trip over each other.
  let queue: Promise<unknown> = Promise.resolve();

  const signalling = openSignalling(options.room, peer, (state) => {
    wanted = state;
    void later(settle);
  });

  const entered = later(async () => {
    if (options.isScrambled) scrambler = await openScrambler();
    for (const source of options.sources) {
      sent.push({ options: source, track: await openSource(source.kind, sizeOf(source)) });
    }
    await enter();
  });

  function later<T>(work: () => Promise<T>): Promise<T> {
    const next = queue.then(work);
    queue = next.catch((error: unknown) => {
      if (!isLeft) console.warn(`meeting: ${String(error)}`);
    });
    return next;
  }

  async function enter(): Promise<void> {
    forget();
    const { generation, capabilities } = await signalling.ask('join', {});
    const device = new Device();
    await device.load({ routerRtpCapabilities: capabilities });
    const send = await transport(device, 'send');
    const receive = await transport(device, 'receive');
    connection = { generation, device, send, receive };
    for (const source of sent) await produce(connection, source);
    entries++;
  }

  function forget(): void {
    connection?.send.close();
    connection?.receive.close();
    connection = undefined;
    for (const each of taken.values()) each.element.remove();
    taken.clear();
  }

  async function transport(
    device: Device,
    direction: 'send' | 'receive',
  ): Promise<types.Transport> {
    const parameters = await signalling.ask('createTransport', {});
    const all: types.TransportOptions = {
      ...parameters,
      ...(options.iceServers && { iceServers: options.iceServers }),
      ...(options.iceTransportPolicy && { iceTransportPolicy: options.iceTransportPolicy }),
    };
    const made =
      direction === 'send' ? device.createSendTransport(all) : device.createRecvTransport(all);
    made.on('connect', ({ dtlsParameters }, done, fail) => {
      signalling.ask('connectTransport', { transportId: made.id, dtlsParameters }).then(done, fail);
    });
    made.on('produce', ({ kind, rtpParameters, appData }, done, fail) => {
      const asked = {
        transportId: made.id,
        kind,
        rtpParameters,
        label: String(appData['label']),
        size: sizeOfTrack(sent.find((each) => each.options.label === appData['label'])?.track),
      };
      signalling.ask('produce', asked).then(done, fail);
    });
    made.on('connectionstatechange', (state) => {
      if (state === 'disconnected' || state === 'failed') void later(recover);
    });
    return made;
  }

  /**
   * Transports without a path are told new credentials, all at once, until they have a path again. Each
   * time they get longer to find one, since new credentials end the search for one with the old.
   */
  async function recover(): Promise<void> {
    const present = connection;
    if (present === undefined) return;
    const lost = () =>
      [present.send, present.receive].filter(
        (each) => !each.closed && WITHOUT_PATH.includes(each.connectionState),
      );
    for (let patience = PATIENCE_MS; !isLeft && lost().length > 0; ) {
      const tries = await Promise.allSettled(lost().map(restart));
      if (tries.some((each) => each.status === 'rejected' && each.reason instanceof GoneError)) {
        return enter();
      }
      if (tries.some((each) => each.status === 'rejected')) await pause(RECOVERY_MS);
      const end = performance.now() + patience;
      while (lost().length > 0 && performance.now() < end) await pause(RECOVERY_MS / 5);
      patience = Math.min(2 * patience, PATIENCE_MS_MAX);
    }
  }

  async function restart(which: types.Transport): Promise<void> {
    const { iceParameters } = await signalling.ask('restartIce', { transportId: which.id });
    await which.restartIce({ iceParameters });
  }

  /** Brings what is taken in line with what the room has. */
  async function settle(): Promise<void> {
    if (isLeft || entries === 0) return;
    if (connection?.generation !== wanted.generation) await enter();
    const present = connection;
    if (present === undefined || present.generation !== wanted.generation) return;
    for (const [id, { consumer, element }] of taken) {
      if (wanted.producers.some((producer) => producer.id === id)) continue;
      consumer.close();
      element.remove();
      taken.delete(id);
    }
    for (const { id, peer: from, label } of wanted.producers) {
      if (from === peer || taken.has(id)) continue;
      await take(present, id, from, label).catch((error: unknown) => {
        if (!(error instanceof GoneError)) throw error;
      });
    }
  }

  async function take(
    at: Connection,
    producerId: string,
    from: string,
    label: string,
  ): Promise<void> {
    const parameters = await signalling.ask('consume', {
      transportId: at.receive.id,
      producerId,
      capabilities: at.device.recvRtpCapabilities,
    });
    const consumer = await at.receive.consume({
      ...parameters,
      streamId: `${from}-${label}`,
      ...(scrambler && { onRtpReceiver: scrambler }),
    });
    const element = document.createElement(consumer.kind);
    element.autoplay = true;
    element.muted = consumer.kind === 'video';
    element.srcObject = new MediaStream([consumer.track]);
    document.body.append(element);
    taken.set(producerId, { peer: from, label, consumer, element });
    await signalling.ask('resumeConsumer', { consumerId: consumer.id });
  }

  async function produce(at: Connection, source: Sent): Promise<void> {
    const mime = source.options.codec?.toLowerCase();
    const codec = at.device.sendRtpCapabilities.codecs?.find(
      (each) => each.mimeType.toLowerCase() === mime,
    );
    if (mime !== undefined && codec === undefined) throw new Error(`cannot send ${mime}`);
    source.producer = await at.send.produce({
      // A clone: what a closed transport did to its track is no concern of the next one.
      track: source.track.clone(),
      ...(source.options.encodings && { encodings: structuredClone(source.options.encodings) }),
      ...(codec && { codec }),
      ...(source.options.codecOptions && { codecOptions: source.options.codecOptions }),
      ...(scrambler && { onRtpSender: scrambler }),
      appData: { label: source.options.label },
    });
  }

  function find(from: string, label: string): Taken {
    for (const each of taken.values()) {
      if (each.peer === from && each.label === label) return each;
    }
    throw new Error(`nothing is taken of ${label}`);
  }

  return {
    peer,
    entries: () => entries,
    whenEntered: () => entered,
    add: (source) =>
      later(async () => {
        const added = { options: source, track: await openSource(source.kind, sizeOf(source)) };
        sent.push(added);
        if (connection) await produce(connection, added);
      }),
    remove: (label) =>
      later(async () => {
        const index = sent.findIndex((each) => each.options.label === label);
        const [gone] = sent.splice(index, 1);
        if (index < 0 || gone?.producer === undefined) throw new Error(`${label} is not sent`);
        gone.producer.close();
        gone.track.stop();
        await signalling.ask('closeProducer', { producerId: gone.producer.id });
      }),
    stats: () =>
      readStats({
        send: connection?.send,
        receive: connection?.receive,
        sent: sent.flatMap(({ options: { label }, producer }) =>
          producer ? [{ label, producer }] : [],
        ),
        taken: [...taken.values()],
      }),
    setPreferredLayers: async (from, label, layers) => {
      const consumerId = find(from, label).consumer.id;
      await signalling.ask('setPreferredLayers', { consumerId, layers });
    },
    setView: async (from, label, view) => {
      const { consumer, element } = find(from, label);
      element.style.width = `${view.width}px`;
      element.style.height = `${view.height}px`;
      await signalling.ask('setView', { consumerId: consumer.id, view });
    },
    restartIce: () =>
      later(async () => {
        if (connection === undefined) throw new Error('not connected');
        await restart(connection.send);
        await restart(connection.receive);
      }),
    leave: async () => {
      isLeft = true;
      await signalling.ask('leave', {});
      forget();
    },
  };
}

function sizeOfTrack(track: MediaStreamTrack | undefined) {
  const { width, height } = track?.getSettings() ?? {};
  return width === undefined || height === undefined ? undefined : { width, height };
}

function sizeOf(source: SourceOptions): Size {
  return source.size ?? { width: 320, height: 180, frameRate: 15 };
}
