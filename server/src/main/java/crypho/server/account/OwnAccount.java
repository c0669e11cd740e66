package crypho.server.account;

import crypho.base.DeviceId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a session sees of its own account.
///
/// @param waysIn the passphrase's, and the device's where the session has one
/// @param deviceOrNull null as long as the session has none
record OwnAccount(
    Account account,
    List<WayIn> waysIn,
    @Nullable DeviceId deviceOrNull,
    boolean isSharedComputer) {
  OwnAccount {
    waysIn = List.copyOf(waysIn);
  }

  /// Leaves out the ways in that are not this session's business.
  static OwnAccount of(
      Account account, List<WayIn> all, @Nullable DeviceId deviceOrNull, boolean isSharedComputer) {
    var own =
        all.stream()
            .filter(wayIn ->
                wayIn.name().equals(WayIn.Name.PASSPHRASE)
                    || (deviceOrNull != null && wayIn.name().equals(WayIn.Name.of(deviceOrNull))))
            .toList();
    return new OwnAccount(account, own, deviceOrNull, isSharedComputer);
  }
}
