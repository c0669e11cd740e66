package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.Directory;
import crypho.mls.MemberId;
import crypho.server.account.DeviceDirectory.RegisteredDevice;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Answers the handshake rules' questions from one transaction.
final class JudgingDirectory implements Directory {
  private final Handle handle;
  private final ConversationService.Group group;
  private final @Nullable ConversationState state;
  private final AccountId caller;
  private final Set<AccountId> contacts;
  private final Map<DeviceId, RegisteredDevice> known = new HashMap<>();

  /// @param state null for a conversation that is just being made: only the caller belongs to it
  /// @param contacts those whom the caller may bring in by consent
  JudgingDirectory(
      Handle handle,
      ConversationService.Group group,
      @Nullable ConversationState state,
      AccountId caller,
      Set<AccountId> contacts) {
    this.handle = handle;
    this.group = group;
    this.state = state;
    this.caller = caller;
    this.contacts = contacts;
  }

  /// Reads all devices of the accounts at once, rather than each when it is asked for.
  void prefetch(Collection<AccountId> accounts) {
    group
        .devices()
        .devicesOf(handle, accounts)
        .forEach(device -> known.put(device.device(), device));
  }

  @Override
  public String domain() {
    return group.domain();
  }

  @Override
  public boolean isRegistered(MemberId member, Bytes signatureKey) {
    var device = known.get(member.device());
    if (device == null) {
      device = group.devices().find(handle, List.of(member.device())).get(member.device());
    }
    return device != null
        && device.account().equals(member.account())
        && device.mlsSignatureKey().equals(signatureKey);
  }

  @Override
  public boolean isEntitled(AccountId account) {
    return state == null ? account.equals(caller) : state.currentMember(account) != null;
  }

  @Override
  public boolean mayAdd(AccountId committer, AccountId account) {
    return manages(committer) && contacts.contains(account);
  }

  @Override
  public boolean mayRemove(AccountId committer, AccountId account) {
    if (state == null || !manages(committer)) {
      return false;
    }
    var member = state.currentMember(account);
    return member == null || member.role() != MemberRole.OWNER;
  }

  private boolean manages(AccountId committer) {
    if (state == null || state.head().kind() != Kind.GROUP) {
      return false;
    }
    var member = state.currentMember(committer);
    return member != null && member.role().manages();
  }
}
