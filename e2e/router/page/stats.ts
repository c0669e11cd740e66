// What getStats says, flattened to what journeys ask about.
import type { types } from 'mediasoup-client';

export type TakenStats = {
  peer: string;
  label: string;
  kind: string;
  consumerId: string;
  codec: string;
  atMs: number;
  packetsReceived: number;
  packetsLost: number;
  framesDecoded: number;
  keyFramesDecoded: number;
  framesDropped: number;
  frameWidth: number;
  frameHeight: number;
  freezeCount: number;
  totalFreezesDuration: number;
  audioEnergy: number;
  samplesReceived: number;
  samplesConcealed: number;
};

export type SentStats = {
  label: string;
  rid: string;
  codec: string;
  scalabilityMode: string;
  framesSent: number;
  frameWidth: number;
  bytesSent: number;
  limitedBy: string;
};

export type PathStats = {
  direction: 'send' | 'receive';
  state: string;
  localType: string;
  localProtocol: string;
  localAddress: string;
  relayProtocol: string;
  remoteAddress: string;
  remoteProtocol: string;
  availableOutgoingBitrate: number;
};

export type MeetingStats = { taken: TakenStats[]; sent: SentStats[]; paths: PathStats[] };

type Sources = {
  send: types.Transport | undefined;
  receive: types.Transport | undefined;
  sent: { label: string; producer: types.Producer }[];
  taken: { peer: string; label: string; consumer: types.Consumer }[];
};

type Entry = Record<string, unknown>;

export async function readStats({ send, receive, sent, taken }: Sources): Promise<MeetingStats> {
  const paths: PathStats[] = [];
  if (send && !send.closed) paths.push(path('send', send, await send.getStats()));
  if (receive && !receive.closed) paths.push(path('receive', receive, await receive.getStats()));
  const takenStats = await Promise.all(
    taken
      .filter(({ consumer }) => !consumer.closed)
      .map(async ({ peer, label, consumer }) =>
        received(peer, label, consumer, entries(await consumer.getStats())),
      ),
  );
  const sentStats = await Promise.all(
    sent
      .filter(({ producer }) => !producer.closed)
      .map(async ({ label, producer }) => outgoing(label, entries(await producer.getStats()))),
  );
  return { taken: takenStats, sent: sentStats.flat(), paths };
}

function entries(report: RTCStatsReport): Map<string, Entry> {
  const all = new Map<string, Entry>();
  report.forEach((value: Entry, key) => all.set(key, value));
  return all;
}

function number(entry: Entry | undefined, name: string): number {
  const value = entry?.[name];
  return typeof value === 'number' ? value : 0;
}

function text(entry: Entry | undefined, name: string): string {
  const value = entry?.[name];
  return typeof value === 'string' ? value : '';
}

function received(
  peer: string,
  label: string,
  consumer: types.Consumer,
  all: Map<string, Entry>,
): TakenStats {
  const entry = [...all.values()].find((each) => each['type'] === 'inbound-rtp');
  return {
    peer,
    label,
    kind: consumer.kind,
    consumerId: consumer.id,
    codec: text(all.get(text(entry, 'codecId')), 'mimeType'),
    atMs: number(entry, 'timestamp'),
    packetsReceived: number(entry, 'packetsReceived'),
    packetsLost: number(entry, 'packetsLost'),
    framesDecoded: number(entry, 'framesDecoded'),
    keyFramesDecoded: number(entry, 'keyFramesDecoded'),
    framesDropped: number(entry, 'framesDropped'),
    frameWidth: number(entry, 'frameWidth'),
    frameHeight: number(entry, 'frameHeight'),
    freezeCount: number(entry, 'freezeCount'),
    totalFreezesDuration: number(entry, 'totalFreezesDuration'),
    audioEnergy: number(entry, 'totalAudioEnergy'),
    samplesReceived: number(entry, 'totalSamplesReceived'),
    samplesConcealed: number(entry, 'concealedSamples'),
  };
}

function outgoing(label: string, all: Map<string, Entry>): SentStats[] {
  return [...all.values()]
    .filter((each) => each['type'] === 'outbound-rtp')
    .map((each) => ({
      label,
      rid: text(each, 'rid'),
      codec: text(all.get(text(each, 'codecId')), 'mimeType'),
      scalabilityMode: text(each, 'scalabilityMode'),
      framesSent: number(each, 'framesSent'),
      frameWidth: number(each, 'frameWidth'),
      bytesSent: number(each, 'bytesSent'),
      limitedBy: text(each, 'qualityLimitationReason'),
    }));
}

function path(
  direction: 'send' | 'receive',
  transport: types.Transport,
  report: RTCStatsReport,
): PathStats {
  const all = entries(report);
  const own = [...all.values()].find((each) => each['type'] === 'transport');
  const pair = all.get(text(own, 'selectedCandidatePairId'));
  const local = all.get(text(pair, 'localCandidateId'));
  const remote = all.get(text(pair, 'remoteCandidateId'));
  return {
    direction,
    state: transport.connectionState,
    localType: text(local, 'candidateType'),
    localProtocol: text(local, 'protocol'),
    localAddress: text(local, 'address'),
    relayProtocol: text(local, 'relayProtocol'),
    remoteAddress: text(remote, 'address'),
    remoteProtocol: text(remote, 'protocol'),
    availableOutgoingBitrate: number(pair, 'availableOutgoingBitrate'),
  };
}
