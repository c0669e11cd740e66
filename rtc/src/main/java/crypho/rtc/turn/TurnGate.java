package crypho.rtc.turn;

import crypho.base.Rng;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.PacketSink;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What stands before the allocations: authenticates requests (RFC 8489 §9.2.4) and answers those
/// of strangers, as far as their sources have a share of answers left. One owner thread.
///
/// | request | within the share | beyond it |
/// |---|---|---|
/// | Binding, or without integrity | answered, 401 | dropped before anything is composed |
/// | nonce not ours or stale | 438 | the nonce is checked, nothing is composed |
/// | nonce good, credentials wrong | 401 | dropped before they are checked, save those of the path's own allocation |
///
/// Shares are of UDP; a connection has shown its source, and TCP itself slows it down. What is
/// dropped unchecked in the last row has shown by its nonce that it comes from where it says, so
/// that nobody can use up the share of another network.
final class TurnGate {
  private final byte[] realm;
  private final TurnNonce nonces;
  private final ChallengeLimiter challenges;
  private final ChallengeLimiter failures;
  private final CredentialCheck credentials;
  private final TurnAnswers answers;
  private int verdict;

  TurnGate(TurnConfig config, Rng rng, long nowNanos, long unixSeconds, TurnAnswers answers) {
    this.realm = config.realm().getBytes(StandardCharsets.US_ASCII);
    this.nonces = new TurnNonce(rng);
    this.challenges = new ChallengeLimiter(Arrays.hashCode(rng.bytes(8)));
    this.failures = new ChallengeLimiter(Arrays.hashCode(rng.bytes(8)));
    this.credentials = new CredentialCheck(config, nowNanos, unixSeconds);
    this.answers = answers;
  }

  void onWallClock(long nowNanos, long unixSeconds) {
    credentials.onWallClock(nowNanos, unixSeconds);
  }

  /// RFC 8489 §6.3.1, without authentication; counted as a challenge.
  int onBinding(long nowNanos, FiveTuple client, PacketSink sink) {
    if (isBeyond(challenges, nowNanos, client)) {
      return TurnServer.CHALLENGE_WITHHELD;
    }
    if (answers.request().unknownCount() > 0) {
      answers.begin(Stun.ERROR).errorCode(420).unknownAttributes(answers.request());
    } else {
      answers.begin(Stun.SUCCESS).xorAddress(Attribute.XOR_MAPPED_ADDRESS, client.remote());
    }
    answers.send(client, sink);
    return TurnServer.CHALLENGED;
  }

  /// The key that the request was made with; or null, with [#verdict], and it is answered.
  @Nullable IntegrityKey authenticate(
      long nowNanos, FiveTuple client, @Nullable Allocation allocation, PacketSink sink) {
    var request = answers.request();
    if (!request.hasIntegrity()) {
      verdict = TurnServer.CHALLENGE_WITHHELD;
      if (!isBeyond(challenges, nowNanos, client)) {
        verdict = TurnServer.CHALLENGED;
        challenge(nowNanos, client, 401);
        answers.send(client, sink);
      }
      return null;
    }
    if (!request.has(Attribute.USERNAME)
        || !request.has(Attribute.REALM)
        || !request.has(Attribute.NONCE)) {
      verdict = TurnServer.UNAUTHENTICATED;
      answers.begin(Stun.ERROR).errorCode(400);
      sendUnlessLonger(client, sink);
      return null;
    }
    if (!nonces.isGood(nowNanos, client, request)) {
      verdict = TurnServer.STALE_NONCE;
      refuse(challenges, nowNanos, client, 438, sink);
      return null;
    }
    if (client.protocol() == Protocol.UDP
        && failures.isSpent(nowNanos, client.remote().getAddress())) {
      allocation = credentials.isOf(request, allocation) ? allocation : null;
      if (allocation == null) {
        verdict = TurnServer.CHALLENGE_WITHHELD;
        return null;
      }
    }
    var key = credentials.authenticate(nowNanos, request, allocation);
    if (key == null) {
      verdict = TurnServer.UNAUTHENTICATED;
      refuse(failures, nowNanos, client, 401, sink);
    }
    return key;
  }

  /// Why the last request was not authenticated.
  int verdict() {
    return verdict;
  }

  private void refuse(
      ChallengeLimiter share, long nowNanos, FiveTuple client, int code, PacketSink sink) {
    if (isBeyond(share, nowNanos, client)) {
      verdict = TurnServer.CHALLENGE_WITHHELD;
      return;
    }
    challenge(nowNanos, client, code);
    sendUnlessLonger(client, sink);
  }

  private static boolean isBeyond(ChallengeLimiter share, long nowNanos, FiveTuple client) {
    return client.protocol() == Protocol.UDP
        && !share.admits(nowNanos, client.remote().getAddress());
  }

  private void challenge(long nowNanos, FiveTuple client, int code) {
    answers
        .begin(Stun.ERROR)
        .errorCode(code)
        .bytes(Attribute.REALM, realm)
        .bytes(Attribute.NONCE, nonces.issue(nowNanos, client));
  }

  /// On UDP, where the source may be forged, never more than came in.
  private void sendUnlessLonger(FiveTuple client, PacketSink sink) {
    if (client.protocol() != Protocol.UDP || answers.length() <= answers.request().length()) {
      answers.send(client, sink);
    }
  }
}
