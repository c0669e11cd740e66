package crypho.server.live.api;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.server.rpc.SessionId;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.ServerFrame;
import java.util.Collection;

/// Sends frames to connected devices, never blocks, and promises nothing: clients heal by reading.
/// Called after the transaction has committed. A frame is encoded once, whatever the number of
/// receivers.
public interface Live {
  /// To every connected device of one account.
  void toAccount(AccountId account, ServerFrame frame);

  /// To every connected device whose account is subscribed to the conversation.
  void toConversation(ConversationId conversation, ServerFrame frame);

  /// Accounts that get the conversation's frames from now on.
  void subscribe(ConversationId conversation, Collection<AccountId> accounts);

  /// Accounts that get none any more.
  void unsubscribe(ConversationId conversation, Collection<AccountId> accounts);

  /// Nobody gets frames of it any more.
  void close(ConversationId conversation);

  /// Says goodbye and cuts the session's connections.
  void endSession(SessionId session, Goodbye.Reason reason);
}
