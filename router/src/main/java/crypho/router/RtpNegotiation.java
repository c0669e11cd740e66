package crypho.router;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import crypho.rtc.codec.Codec;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.wire.router.v1.Produce;
import crypho.wire.router.v1.RtcpFeedback;
import crypho.wire.router.v1.RtpCapabilities;
import crypho.wire.router.v1.RtpCodecCapability;
import crypho.wire.router.v1.RtpCodecParameters;
import crypho.wire.router.v1.RtpEncodingParameters;
import crypho.wire.router.v1.RtpHeaderExtension;
import crypho.wire.router.v1.RtpHeaderExtensionParameters;
import crypho.wire.router.v1.RtpParameters;
import crypho.wire.router.v1.RtxStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the router can receive and send, and what of it two sides share: the offer and answer of
/// mediasoup's parameter objects. Pure functions.
final class RtpNegotiation {
  private static final int ENCODINGS_MAX = 4;
  private static final int CODECS_MAX = 32;
  private static final int EXTENSIONS_MAX = 32;
  private static final int AUDIO_RATE = 48_000;
  private static final int VIDEO_RATE = 90_000;
  private static final String RTX = "rtx";
  private static final String TRANSPORT_CC = "transport-cc";
  private static final String REMB = "goog-remb";

  /// Identifiers below 15, so that the one-byte form serves.
  private static final Map<ExtensionKind, Integer> EXTENSION_IDS =
      new EnumMap<>(
          Map.of(
              ExtensionKind.MID, 1,
              ExtensionKind.RID, 2,
              ExtensionKind.REPAIRED_RID, 3,
              ExtensionKind.ABS_SEND_TIME, 4,
              ExtensionKind.TRANSPORT_WIDE_CC, 5,
              ExtensionKind.DEPENDENCY_DESCRIPTOR, 8,
              ExtensionKind.AUDIO_LEVEL, 10,
              ExtensionKind.VIDEO_ORIENTATION, 11,
              ExtensionKind.PLAYOUT_DELAY, 12,
              ExtensionKind.ABS_CAPTURE_TIME, 13));

  private static final RtpCapabilities CAPABILITIES = capabilitiesOfRouter();

  private RtpNegotiation() {}

  /// A parameter object that cannot be used; the message says which part.
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String message) {
      super(message);
    }
  }

  static RtpCapabilities capabilities() {
    return CAPABILITIES;
  }

  private static RtpCapabilities capabilitiesOfRouter() {
    var out = RtpCapabilities.newBuilder();
    out.addCodecs(
        RtpCodecCapability.newBuilder()
            .setKind("audio")
            .setMimeType("audio/opus")
            .setPreferredPayloadType(100)
            .setClockRate(AUDIO_RATE)
            .setChannels(2)
            .addRtcpFeedback(feedback(TRANSPORT_CC, "")));
    addVideo(out, "video/VP8", 101, Struct.getDefaultInstance());
    addVideo(out, "video/VP9", 103, struct("profile-id", number(0)));
    addVideo(
        out,
        "video/H264",
        105,
        Struct.newBuilder()
            .putFields("packetization-mode", number(1))
            .putFields("level-asymmetry-allowed", number(1))
            .putFields("profile-level-id", Value.newBuilder().setStringValue("42e01f").build())
            .build());
    addVideo(out, "video/AV1", 107, Struct.getDefaultInstance());
    for (var entry : EXTENSION_IDS.entrySet()) {
      for (var kind : kindsOf(entry.getKey())) {
        out.addHeaderExtensions(
            RtpHeaderExtension.newBuilder()
                .setKind(kind)
                .setUri(entry.getKey().uri())
                .setPreferredId(entry.getValue())
                .setDirection(isOnlyReceived(entry.getKey()) ? "recvonly" : "sendrecv"));
      }
    }
    return out.build();
  }

  private static boolean isOnlyReceived(ExtensionKind kind) {
    return kind == ExtensionKind.RID || kind == ExtensionKind.REPAIRED_RID;
  }

  private static List<String> kindsOf(ExtensionKind kind) {
    return switch (kind) {
      case AUDIO_LEVEL -> List.of("audio");
      case RID,
          REPAIRED_RID,
          VIDEO_ORIENTATION,
          PLAYOUT_DELAY,
          DEPENDENCY_DESCRIPTOR,
          COLOR_SPACE ->
          List.of("video");
      case MID, TRANSPORT_WIDE_CC, ABS_SEND_TIME, ABS_CAPTURE_TIME -> List.of("audio", "video");
    };
  }

  private static void addVideo(RtpCapabilities.Builder out, String mime, int type, Struct more) {
    out.addCodecs(
        RtpCodecCapability.newBuilder()
            .setKind("video")
            .setMimeType(mime)
            .setPreferredPayloadType(type)
            .setClockRate(VIDEO_RATE)
            .setParameters(more)
            .addRtcpFeedback(feedback("nack", ""))
            .addRtcpFeedback(feedback("nack", "pli"))
            .addRtcpFeedback(feedback("ccm", "fir"))
            .addRtcpFeedback(feedback(REMB, ""))
            .addRtcpFeedback(feedback(TRANSPORT_CC, "")));
    out.addCodecs(
        RtpCodecCapability.newBuilder()
            .setKind("video")
            .setMimeType("video/rtx")
            .setPreferredPayloadType(type + 1)
            .setClockRate(VIDEO_RATE)
            .setParameters(struct("apt", number(type))));
  }

  private static RtcpFeedback feedback(String type, String parameter) {
    return RtcpFeedback.newBuilder().setType(type).setParameter(parameter).build();
  }

  private static Struct struct(String name, Value value) {
    return Struct.newBuilder().putFields(name, value).build();
  }

  private static Value number(int value) {
    return Value.newBuilder().setNumberValue(value).build();
  }

  // --- producing ---

  /// What a producer is going to send.
  static Media media(Produce request) throws Unusable {
    var parameters = request.getRtpParameters();
    if (parameters.getCodecsCount() == 0 || parameters.getCodecsCount() > CODECS_MAX) {
      throw new Unusable("codecs");
    }
    if (parameters.getEncodingsCount() == 0 || parameters.getEncodingsCount() > ENCODINGS_MAX) {
      throw new Unusable("encodings");
    }
    checkEncodings(parameters);
    var codec = parameters.getCodecs(0);
    var match = matching(codec);
    if (match == null || !match.getKind().equals(request.getKind())) {
      throw new Unusable("codec " + codec.getMimeType() + " is not one of the router's");
    }
    if (codec.getPayloadType() > 127 || codec.getClockRate() != match.getClockRate()) {
      throw new Unusable("payload type or clock rate");
    }
    var hasNack =
        codec.getRtcpFeedbackList().stream()
            .anyMatch(f -> f.getType().equals("nack") && f.getParameter().isEmpty());
    return new Media(
        codecOf(codec.getMimeType()),
        codec.getClockRate(),
        codec.getPayloadType(),
        rtxType(parameters.getCodecsList(), codec.getPayloadType()),
        match.getPreferredPayloadType(),
        hasNack && request.getKind().equals("video"),
        isSvc(parameters),
        request.getEncrypted(),
        extensions(parameters.getHeaderExtensionsList()));
  }

  private static void checkEncodings(RtpParameters parameters) throws Unusable {
    for (var encoding : parameters.getEncodingsList()) {
      var isNamed = encoding.hasRid() && !encoding.getRid().isEmpty();
      if (!encoding.hasSsrc() && !isNamed && parameters.getMid().isEmpty()) {
        throw new Unusable("an encoding without ssrc, rid and mid");
      }
      if (!encoding.hasSsrc() && !isNamed && parameters.getEncodingsCount() > 1) {
        throw new Unusable("one of several encodings without ssrc and rid");
      }
    }
  }

  private static boolean isSvc(RtpParameters parameters) {
    if (parameters.getEncodingsCount() != 1) {
      return false;
    }
    var mode = parameters.getEncodings(0).getScalabilityMode();
    return mode.length() > 1 && mode.charAt(0) == 'L' && mode.charAt(1) > '1';
  }

  private static int rtxType(List<RtpCodecParameters> codecs, int payloadType) {
    for (var codec : codecs) {
      if (isRtx(codec.getMimeType())
          && codec.getParameters().getFieldsOrDefault("apt", number(-1)).getNumberValue()
              == payloadType) {
        return codec.getPayloadType();
      }
    }
    return Media.NO_RTX;
  }

  private static boolean isRtx(String mime) {
    return mime.toLowerCase(Locale.ROOT).endsWith("/" + RTX);
  }

  private static Codec codecOf(String mime) {
    return switch (mime.toLowerCase(Locale.ROOT)) {
      case "audio/opus" -> Codec.OPUS;
      case "video/vp8" -> Codec.VP8;
      case "video/vp9" -> Codec.VP9;
      case "video/h264" -> Codec.H264;
      case "video/av1" -> Codec.AV1;
      default -> Codec.OPAQUE_VIDEO;
    };
  }

  private static ExtensionIds extensions(List<RtpHeaderExtensionParameters> list) throws Unusable {
    if (list.size() > EXTENSIONS_MAX) {
      throw new Unusable("header extensions");
    }
    var ids = new EnumMap<ExtensionKind, Integer>(ExtensionKind.class);
    for (var extension : list) {
      var kind = ExtensionKind.ofUri(extension.getUri());
      if (kind != null) {
        ids.put(kind, extension.getId());
      }
    }
    try {
      return new ExtensionIds(ids);
    } catch (IllegalArgumentException _) {
      throw new Unusable("a header extension's id");
    }
  }

  /// The router's codec that a producer's is, or null.
  private static @Nullable RtpCodecCapability matching(RtpCodecParameters codec) {
    for (var own : CAPABILITIES.getCodecsList()) {
      if (own.getMimeType().equalsIgnoreCase(codec.getMimeType())
          && own.getClockRate() == codec.getClockRate()
          && hasSameProfile(own.getParameters(), codec.getParameters())) {
        return own;
      }
    }
    return null;
  }

  /// H.264 is told apart by its packetization, VP9 by its profile.
  private static boolean hasSameProfile(Struct one, Struct other) {
    return same(one, other, "packetization-mode") && same(one, other, "profile-id");
  }

  private static boolean same(Struct one, Struct other, String name) {
    return text(one, name).equals(text(other, name));
  }

  private static String text(Struct in, String name) {
    var value = in.getFieldsOrDefault(name, Value.getDefaultInstance());
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case NUMBER_VALUE -> Integer.toString((int) value.getNumberValue());
      case NULL_VALUE, BOOL_VALUE, STRUCT_VALUE, LIST_VALUE, KIND_NOT_SET -> "0";
    };
  }

  // --- consuming ---

  /// What a consumer gets.
  record Offer(RtpParameters parameters, int rtxPayloadType, ExtensionIds extensions) {}

  /// The parameters of a consumer with these capabilities, or null where it can read none of it.
  static @Nullable Offer consume(
      Producer producer, RtpCapabilities theirs, String mid, int ssrc, int rtxSsrc)
      throws Unusable {
    if (theirs.getCodecsCount() > CODECS_MAX * 4) {
      throw new Unusable("codecs");
    }
    var codec = readable(producer, theirs);
    if (codec == null) {
      return null;
    }
    var extensions = new ArrayList<RtpHeaderExtensionParameters>();
    for (var extension : theirs.getHeaderExtensionsList()) {
      var kind = ExtensionKind.ofUri(extension.getUri());
      var isOfKind = extension.getKind().isEmpty() || extension.getKind().equals(kind(producer));
      if (kind != null
          && isOfKind
          && !isOnlyReceived(kind)
          && Integer.valueOf(extension.getPreferredId()).equals(EXTENSION_IDS.get(kind))
          && (kind.fate() == ExtensionKind.Fate.OURS
              || producer.media.extensions().idOf(kind) != ExtensionIds.NONE)) {
        extensions.add(
            RtpHeaderExtensionParameters.newBuilder()
                .setUri(extension.getUri())
                .setId(extension.getPreferredId())
                .build());
      }
    }
    var ids = extensions(extensions);
    var rtx = producer.isVideo ? rtxOf(theirs, codec.getPreferredPayloadType()) : null;
    var out = RtpParameters.newBuilder().setMid(mid).addAllHeaderExtensions(extensions);
    out.addCodecs(codecParameters(codec).addAllRtcpFeedback(feedbackOf(codec, ids, rtx != null)));
    var encoding = RtpEncodingParameters.newBuilder().setSsrc(ssrc);
    if (rtx != null) {
      out.addCodecs(codecParameters(rtx));
      encoding.setRtx(RtxStream.newBuilder().setSsrc(rtxSsrc));
    }
    var mode = producer.parameters.getEncodings(0).getScalabilityMode();
    if (producer.streams.length > 1) {
      encoding.setScalabilityMode("L" + producer.streams.length + "T3");
    } else if (!mode.isEmpty()) {
      encoding.setScalabilityMode(mode);
    }
    out.addEncodings(encoding);
    out.setRtcp(
        crypho.wire.router.v1.RtcpParameters.newBuilder()
            .setCname(producer.parameters.getRtcp().getCname())
            .setReducedSize(true)
            .setMux(true));
    var rtxType = rtx == null ? Media.NO_RTX : rtx.getPreferredPayloadType();
    return new Offer(out.build(), rtxType, ids);
  }

  private static String kind(Producer producer) {
    return producer.isVideo ? "video" : "audio";
  }

  private static @Nullable RtpCodecCapability readable(Producer producer, RtpCapabilities theirs) {
    var sent = producer.parameters.getCodecs(0);
    for (var codec : theirs.getCodecsList()) {
      if (codec.getMimeType().equalsIgnoreCase(sent.getMimeType())
          && codec.getClockRate() == sent.getClockRate()
          && codec.getPreferredPayloadType() == producer.media.routerPayloadType()
          && hasSameProfile(codec.getParameters(), sent.getParameters())) {
        return codec;
      }
    }
    return null;
  }

  private static @Nullable RtpCodecCapability rtxOf(RtpCapabilities theirs, int payloadType) {
    for (var codec : theirs.getCodecsList()) {
      if (isRtx(codec.getMimeType())
          && codec.getPreferredPayloadType() <= 127
          && codec.getParameters().getFieldsOrDefault("apt", number(-1)).getNumberValue()
              == payloadType) {
        return codec;
      }
    }
    return null;
  }

  private static RtpCodecParameters.Builder codecParameters(RtpCodecCapability codec) {
    var out =
        RtpCodecParameters.newBuilder()
            .setMimeType(codec.getMimeType())
            .setPayloadType(codec.getPreferredPayloadType())
            .setClockRate(codec.getClockRate())
            .setParameters(codec.getParameters());
    if (codec.hasChannels()) {
      out.setChannels(codec.getChannels());
    }
    return out;
  }

  /// Of two ways to estimate bandwidth the better one that both sides know; NACK only where RTX can
  /// answer it.
  private static List<RtcpFeedback> feedbackOf(
      RtpCodecCapability codec, ExtensionIds ids, boolean hasRtx) {
    var usesFeedback = ids.idOf(ExtensionKind.TRANSPORT_WIDE_CC) != ExtensionIds.NONE;
    var usesRemb = !usesFeedback && ids.idOf(ExtensionKind.ABS_SEND_TIME) != ExtensionIds.NONE;
    return codec.getRtcpFeedbackList().stream()
        .filter(f ->
            switch (f.getType()) {
              case TRANSPORT_CC -> usesFeedback;
              case REMB -> usesRemb;
              case "nack" -> hasRtx || f.getParameter().equals("pli");
              default -> true;
            })
        .toList();
  }
}
