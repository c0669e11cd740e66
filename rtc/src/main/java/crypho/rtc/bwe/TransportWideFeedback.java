package crypho.rtc.bwe;

import crypho.rtc.rtcp.TransportFeedback;

/// The former name of [TransportFeedback], for callers that still have it; to go with the last of
/// them.
public final class TransportWideFeedback extends TransportFeedback {}
