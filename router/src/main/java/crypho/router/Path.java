package crypho.router;

import crypho.router.net.PacketPort;
import crypho.router.net.Remote;
import crypho.rtc.ice.FiveTuple;

/// A path that a client has proved to be its own, and whose it is.
///
/// @param high the remote address as [crypho.router.net.AddressTable] has it, and `low`
record Path(
    FiveTuple tuple, Transport transport, PacketPort port, Remote remote, long high, long low) {}
