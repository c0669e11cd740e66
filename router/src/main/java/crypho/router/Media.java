package crypho.router;

import crypho.rtc.codec.Codec;
import crypho.rtc.rtp.ExtensionIds;

/// What a producer sends, as negotiated.
///
/// @param payloadType on the producer's transport
/// @param rtxPayloadType of retransmissions there, or [#NO_RTX]
/// @param routerPayloadType the router's own, which consumers get
/// @param extensions identifiers on the producer's transport
record Media(
    Codec codec,
    int clockRate,
    int payloadType,
    int rtxPayloadType,
    int routerPayloadType,
    boolean hasNack,
    boolean isSvc,
    boolean isEncrypted,
    ExtensionIds extensions) {
  static final int NO_RTX = -1;
}
