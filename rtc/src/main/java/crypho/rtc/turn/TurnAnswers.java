package crypho.rtc.turn;

import crypho.base.Invariant;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.PacketSink;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;

/// The one answer that is being written. One owner thread.
final class TurnAnswers {
  private static final int BYTES_MAX = 512;

  private final StunReader request;
  private final StunWriter writer = new StunWriter();
  private final byte[] answer = new byte[BYTES_MAX];

  /// @param request reads the request that is being answered
  TurnAnswers(StunReader request) {
    this.request = request;
  }

  StunReader request() {
    return request;
  }

  StunWriter writer() {
    return writer;
  }

  /// Begins the answer to the request.
  StunWriter begin(int messageClass) {
    return writer.answer(answer, 0, messageClass, request);
  }

  /// Begins the answer to an earlier request.
  StunWriter begin(int type, byte[] transactionId) {
    return writer.begin(answer, 0, type, transactionId, 0);
  }

  /// With the integrity that the request has.
  void sendSigned(FiveTuple client, IntegrityKey key, PacketSink sink) {
    sendSigned(client, key, request.has(Attribute.MESSAGE_INTEGRITY_SHA256), sink);
  }

  void sendSigned(FiveTuple client, IntegrityKey key, boolean isSha256, PacketSink sink) {
    writer.integrity(key, isSha256).fingerprint();
    send(client, sink);
  }

  void send(FiveTuple client, PacketSink sink) {
    sink.transmit(client, answer, 0, length());
  }

  int length() {
    int length = writer.length();
    Invariant.check(length > 0, "every answer fits its buffer");
    return length;
  }
}
