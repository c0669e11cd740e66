package crypho.rtc.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.rtc.ice.FrameDecoder;
import crypho.rtc.stun.StreamDecoder;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Both framings of TCP: whatever pieces the bytes arrive in, the same frames come out.
final class StreamDecoderTest {
  @Seeded
  void icePacketsComeOutAsTheyWent(Gen gen) {
    var frames = new ArrayList<Bytes>();
    var stream = new ByteArrayOutputStream();
    for (int i = gen.below(20); i >= 0; i--) {
      var packet = gen.bytes(1 + gen.below(FrameDecoder.PACKET_BYTES_MAX));
      var header = new byte[2];
      FrameDecoder.putHeader(header, 0, packet.length);
      stream.writeBytes(header);
      stream.writeBytes(packet);
      frames.add(Bytes.wrap(packet));
    }
    assertEquals(frames, decoded(gen, new FrameDecoder(), stream.toByteArray()));
  }

  @Seeded
  void turnFramesComeOutAsTheyWent(Gen gen) {
    var frames = new ArrayList<Bytes>();
    var stream = new ByteArrayOutputStream();
    for (int i = gen.below(20); i >= 0; i--) {
      boolean isChannel = gen.chance(0.7);
      int body = gen.below(500);
      var frame = gen.bytes(isChannel ? 4 + (body + 3) / 4 * 4 : 20 + 4 * body);
      frame[0] = (byte) (isChannel ? 0x40 + gen.below(16) : gen.below(0x40));
      int length = isChannel ? body : 4 * body;
      frame[2] = (byte) (length >> 8);
      frame[3] = (byte) length;
      if (frame.length > TurnStreamDecoder.FRAME_BYTES_MAX) {
        continue;
      }
      stream.writeBytes(frame);
      frames.add(Bytes.wrap(frame));
    }
    assertEquals(frames, decoded(gen, new TurnStreamDecoder(), stream.toByteArray()));
  }

  private static List<Bytes> decoded(Gen gen, StreamDecoder decoder, byte[] stream) {
    var out = new ArrayList<Bytes>();
    for (int at = 0; at < stream.length; ) {
      int piece = Math.min(stream.length - at, gen.chance(0.5) ? 1 + gen.below(5) : 3_000);
      assertEquals(
          StreamDecoder.OK,
          decoder.feed(
              stream,
              at,
              piece,
              (data, offset, length) -> out.add(Bytes.copyOf(data, offset, offset + length))));
      at += piece;
    }
    return out;
  }

  @Test
  void badFramingBreaksTheStreamForGood() {
    broken(new FrameDecoder(), "0000");
    broken(new FrameDecoder(), "0801");
    broken(new TurnStreamDecoder(), "00010001");
    broken(new TurnStreamDecoder(), "00010800");
    broken(new TurnStreamDecoder(), "80000004");
    broken(new TurnStreamDecoder(), "80c80001");
    broken(new TurnStreamDecoder(), "400007fd");
  }

  private static void broken(StreamDecoder decoder, String hex) {
    var frames = new ArrayList<Integer>();
    var bytes = Bytes.fromHex(hex).toArray();
    int verdict = StreamDecoder.OK;
    for (int i = 0; i < bytes.length; i++) {
      verdict = decoder.feed(bytes, i, 1, (data, offset, length) -> frames.add(length));
    }
    assertEquals(StreamDecoder.BROKEN, verdict, hex);
    var good = new byte[20];
    assertEquals(
        StreamDecoder.BROKEN,
        decoder.feed(good, 0, 20, (data, offset, length) -> frames.add(length)));
    assertTrue(frames.isEmpty());
  }
}
