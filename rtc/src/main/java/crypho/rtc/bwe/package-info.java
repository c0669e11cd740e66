/// Congestion control: how much may be sent towards one receiver, and when; and the record of
/// arrivals from which the receiving side reports to those who send to us. The algorithm is defined
/// in `docs/protocol/congestion-control.md`.
///
/// | class | is asked |
/// |---|---|
/// | [BandwidthEstimator] | what the path to one receiver carries |
/// | [Pacer] | whether a retransmission may go now |
/// | [ArrivalRecorder] | what to report to a sender, and when |
@NullMarked
package crypho.rtc.bwe;

import org.jspecify.annotations.NullMarked;
