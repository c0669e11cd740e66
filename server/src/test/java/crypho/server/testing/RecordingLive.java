package crypho.server.testing;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.server.live.api.Live;
import crypho.server.rpc.SessionId;
import crypho.wire.v1.Changed;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.ServerFrame;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Keeps the frames that features send, for tests that read them.
public final class RecordingLive implements Live {
  /// A frame to one account.
  public record Sent(AccountId account, ServerFrame frame) {}

  private final List<Sent> sent = new CopyOnWriteArrayList<>();
  private final List<SessionId> ended = new CopyOnWriteArrayList<>();

  @Override
  public void toAccount(AccountId account, ServerFrame frame) {
    sent.add(new Sent(account, frame));
  }

  @Override
  public void toConversation(ConversationId conversation, ServerFrame frame) {}

  @Override
  public void subscribe(ConversationId conversation, Collection<AccountId> accounts) {}

  @Override
  public void unsubscribe(ConversationId conversation, Collection<AccountId> accounts) {}

  @Override
  public void close(ConversationId conversation) {}

  @Override
  public void endSession(SessionId session, Goodbye.Reason reason) {
    ended.add(session);
  }

  /// What changes the account was told of, in order.
  public List<Changed.What> changes(AccountId account) {
    return sent.stream()
        .filter(one -> one.account().equals(account) && one.frame().hasChanged())
        .map(one -> one.frame().getChanged().getWhat())
        .toList();
  }

  public List<SessionId> ended() {
    return List.copyOf(ended);
  }

  public void clear() {
    sent.clear();
    ended.clear();
  }
}
