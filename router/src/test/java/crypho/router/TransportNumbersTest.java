package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtcp.RtcpReader;
import crypho.rtc.rtcp.RtcpVisitor;
import crypho.rtc.rtcp.TransportFeedback;
import crypho.rtc.rtp.RtpHeader;
import crypho.wire.router.v1.RtpHeaderExtensionParameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Transport-wide numbers: which packets count as sent, and which as arrived; over real sockets.
final class TransportNumbersTest {
  private static final String URI =
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
  private static final int VIDEO = 0x2000;
  private static final int THEIR_ID = 3;

  private World world = unopened();

  private static World unopened() {
    try {
      return World.usual();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void end() throws Exception {
    world.close();
  }

  /// mediasoup-client asks for numbers of video alone. Counted, the audio would seem to be lost.
  @Test
  void whatCarriesNoNumberIsNotCounted() throws IOException {
    var room = world.room();
    var from = world.join(room);
    var to = world.join(room);
    var all = room.getRtpCapabilities();
    var audio = world.produce(from.transport(), World.audio(World.SSRC));
    var video = world.produce(from.transport(), World.video(VIDEO, 1));
    world.consume(to, audio, World.withoutFeedback(all));
    var seen = world.consume(to, video, all).getRtpParameters();
    var id =
        seen.getHeaderExtensionsList().stream()
            .filter(e -> e.getUri().equals(URI))
            .findFirst()
            .orElseThrow()
            .getId();
    var last = -1;
    for (var i = 1; i <= 20; i++) {
      var voice = World.packet(World.AUDIO_TYPE, World.SSRC, i, "voice");
      from.peer().send(from.peer().protect(voice));
      var frame = World.frame(VIDEO, i, i, true, "picture");
      from.peer().send(from.peer().protect(frame));
      last = followed(to, seen.getEncodings(0).getSsrc(), id, last);
    }
  }

  /// The number of the next packet of a stream. Whatever comes until then and has a number, padding
  /// of a probe too, has the one after the number before.
  private static int followed(World.Member of, int ssrc, int id, int before) throws IOException {
    var last = before;
    while (true) {
      var got = of.peer().awaitRtp();
      assertNotNull(got);
      var header = new RtpHeader();
      assertEquals(RtpHeader.OK, header.read(got, 0, got.length));
      var element = header.find(id);
      if (element >= 0) {
        var number = ByteBuffer.wrap(got).getShort(header.elementOffset(element)) & 0xffff;
        assertEquals(last < 0 ? number : (last + 1) & 0xffff, number);
        last = number;
      }
      if (header.ssrc() == ssrc) {
        return last;
      }
    }
  }

  /// A browser that probes pads streams which it has not named. Not told of, that seems lost.
  @Test
  void paddingOfNobodysStreamIsSaidToHaveArrived() throws IOException {
    var room = world.room();
    var from = world.join(room);
    var request = World.video(VIDEO, 1);
    request
        .getRtpParametersBuilder()
        .addHeaderExtensions(RtpHeaderExtensionParameters.newBuilder().setUri(URI).setId(THEIR_ID));
    world.produce(from.transport(), request);
    var wanted = Set.of(100, 101, 102);
    for (var number : wanted) {
      from.peer().send(from.peer().protect(padding(number)));
    }
    var told = new HashSet<Integer>();
    while (!told.containsAll(wanted)) {
      var compound = from.peer().awaitRtcp();
      assertNotNull(compound, () -> "only " + told);
      assertTrue(new RtcpReader().read(compound, 0, compound.length, arrivals(told)) >= 0);
    }
    assertEquals(wanted, told);
  }

  private static byte[] padding(int number) {
    return ByteBuffer.allocate(24)
        .put((byte) 0xb0)
        .put((byte) World.RTX_TYPE)
        .putShort((short) number)
        .putInt(0)
        .putInt(0x0bad)
        .putShort((short) 0xbede)
        .putShort((short) 1)
        .put((byte) (THEIR_ID << 4 | 1))
        .putShort((short) number)
        .put((byte) 0)
        .putInt(4)
        .array();
  }

  private static RtcpVisitor arrivals(Set<Integer> told) {
    return new RtcpVisitor() {
      @Override
      public boolean isSent(int ssrc) {
        return false;
      }

      @Override
      public void transportFeedback(TransportFeedback feedback) {
        for (var i = 0; i < feedback.count(); i++) {
          if (feedback.arrivalTicks(i) != TransportFeedback.NOT_RECEIVED) {
            told.add((feedback.baseSequenceNumber() + i) & 0xffff);
          }
        }
      }
    };
  }
}
