package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.rtp.RtpHeader;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.RtpCapabilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A whole router over real sockets: media, and who gets none.
final class RouterTest {
  @ParameterizedTest
  @EnumSource
  void mediaReachesTheOtherWithNumbersOfItsOwn(RouterService.Sockets sockets) throws Exception {
    try (var world = new World(sockets, 1, RouterConfig.Limits.USUAL)) {
      var call = world.call();
      for (var i = 0; i < 20; i++) {
        call.send(65_530 + i, "audio " + i);
      }
      var first = -1;
      for (var i = 0; i < 20; i++) {
        var got = call.to().peer().awaitRtp();
        assertNotNull(got);
        var header = new RtpHeader();
        assertEquals(RtpHeader.OK, header.read(got, 0, got.length));
        assertEquals("audio " + i, World.payload(got));
        var parameters = call.consumed().getRtpParameters();
        assertEquals(parameters.getEncodings(0).getSsrc(), header.ssrc());
        assertEquals(parameters.getCodecs(0).getPayloadType(), header.payloadType());
        first = i == 0 ? header.sequenceNumber() : first;
        assertEquals((first + i) & 0xffff, header.sequenceNumber());
      }
    }
  }

  @Test
  void aWrongCertificateGetsNoMedia() throws Exception {
    try (var world = World.usual()) {
      var room = world.room();
      var hash = world.ours().hash().toArray();
      hash[0] ^= 1;
      var wrong = new DtlsFingerprint(world.ours().algorithm(), crypho.base.Bytes.wrap(hash));
      world.peer(world.transport(room), wrong).connect();
      assertEquals("failed", world.stats(room).getTransports(0).getDtlsState());
    }
  }

  @Test
  void roomsCannotSeeEachOther() throws Exception {
    try (var world = World.usual()) {
      var call = world.call();
      var elsewhere = world.transport(world.room());
      var reply = world.tryConsume(elsewhere, call.producer(), call.room().getRtpCapabilities());
      assertEquals(ControlError.Code.NOT_FOUND, reply.getError().getCode());
    }
  }

  @Test
  void withoutASharedCodecNothingIsConsumed() throws Exception {
    try (var world = World.usual()) {
      var call = world.call();
      var reply =
          world.tryConsume(
              world.transport(call.room()), call.producer(), RtpCapabilities.getDefaultInstance());
      assertEquals(ControlError.Code.INCOMPATIBLE, reply.getError().getCode());
    }
  }
}
