package crypho.rtc.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.rtc.rtcp.RtcpReader;
import crypho.rtc.rtcp.RtcpVisitor;
import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.Packets;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.SeqNo;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for datagrams that end in anything but a verdict. Saved inputs run in every build;
/// `JAZZER_FUZZ=1` with one test selected searches.
final class MediaFuzzTest {
  private static final int DESCRIPTOR = 5;
  private static final RtcpVisitor EVERYTHING = ssrc -> true;

  static Stream<byte[]> rtp() {
    var descriptor = new Packets.Element(DESCRIPTOR, "c1ffff");
    return Stream.of(
        Packets.rtp(96, true, 1, 2, 3, List.of(descriptor), Packets.hex("90e0810207600001")),
        Packets.rtp(98, true, 1, 2, 3, List.of(), Packets.hex("f88005220305 02ff")),
        Packets.rtp(99, true, 1, 2, 3, List.of(), Packets.hex("7800026742000268ce")));
  }

  static Stream<byte[]> rtcp() {
    return Stream.of(
        Packets.hex("81cd000355667788 11223344fffe8001 81ca000355667788 0103616263000000"),
        Packets.hex("8fcd000555667788 1122334400050001 0000010020010100"));
  }

  static Stream<byte[]> descriptors() {
    return Stream.of(
        Structure.L1T3.keyDescriptor(true, 1, 7), Structure.L2T1.keyDescriptor(true, 1, -1));
  }

  /// A packet through header, reader of each codec, switcher and rewriter.
  @MethodSource("rtp")
  @FuzzTest(maxDuration = "5m")
  void anRtpPacketIsForwardedOrDropped(byte[] data) {
    var header = new RtpHeader();
    if (header.read(data, 0, data.length) != RtpHeader.OK) {
      return;
    }
    var ids = new ExtensionIds(Map.of(ExtensionKind.DEPENDENCY_DESCRIPTOR, DESCRIPTOR));
    var rewriter = new HeaderRewriter(ids, ids, true);
    var values = new OutgoingHeader(96, 1, new byte[0]);
    var out = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
    var frame = new FrameInfo();
    for (var codec : Codec.values()) {
      for (var mode : List.of(LayerSwitcher.Mode.SIMULCAST, LayerSwitcher.Mode.SVC)) {
        var switcher = new LayerSwitcher(mode, new StreamClock[] {new StreamClock(90_000)}, 1, 16);
        switcher.target(1, 1);
        var reader = new FrameReader(codec, DESCRIPTOR, false);
        for (var i = 0; i < 3; i++) {
          reader.read(header, data, frame);
          if (switcher.onPacket(0, header, SeqNo.START + i * 2L, frame, i)
              == LayerSwitcher.FORWARD) {
            switcher.outgoing().applyTo(values);
            switcher.outgoing().applyTo(data, header.payloadOffset());
            rewriter.prepare(header, data);
            rewriter.write(out, 0, values);
          }
        }
      }
    }
  }

  @MethodSource("rtcp")
  @FuzzTest(maxDuration = "5m")
  void rtcpIsReadOrRefused(byte[] data) {
    new RtcpReader().read(data, 0, data.length, EVERYTHING);
  }

  @MethodSource("descriptors")
  @FuzzTest(maxDuration = "5m")
  void aDescriptorIsReadOrRefused(byte[] data) {
    var descriptor = new DependencyDescriptor();
    var frame = new FrameInfo();
    if (descriptor.read(data, 0, data.length, frame) == DependencyDescriptor.OK) {
      descriptor.read(data, 0, Math.min(3, data.length), frame);
    }
  }
}
