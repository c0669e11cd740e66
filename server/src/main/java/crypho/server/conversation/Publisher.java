package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.server.live.api.Live;
import crypho.wire.v1.Changed;
import crypho.wire.v1.EntryEvent;
import crypho.wire.v1.Marker;
import crypho.wire.v1.MarkerEvent;
import crypho.wire.v1.ServerFrame;
import crypho.wire.v1.Signal;
import java.util.List;

/// Tells connected devices what has happened, after it was committed.
final class Publisher {
  private final Live live;

  Publisher(Live live) {
    this.live = live;
  }

  /// The notices among the effects, in order.
  void publish(ConversationId conversation, List<Effect> effects) {
    for (var effect : effects) {
      if (effect instanceof Effect.Notice notice) {
        publish(conversation, notice);
      }
    }
  }

  private void publish(ConversationId conversation, Effect.Notice notice) {
    switch (notice) {
      case Effect.Append(var entry) -> entry(conversation, entry);
      case Effect.Subscribe(var accounts) -> live.subscribe(conversation, accounts);
      case Effect.Unsubscribe(var accounts) -> live.unsubscribe(conversation, accounts);
      case Effect.TellAll() -> live.toConversation(conversation, changed(conversation));
      case Effect.Tell(var accounts) ->
          accounts.forEach(account -> live.toAccount(account, changed(conversation)));
      case Effect.Close() -> live.close(conversation);
    }
  }

  void entry(ConversationId conversation, Entry entry) {
    live.toConversation(
        conversation,
        ServerFrame.newBuilder()
            .setEntry(
                EntryEvent.newBuilder()
                    .setConversationId(conversation.toString())
                    .setEntry(entry.toWire()))
            .build());
  }

  void marker(ConversationId conversation, Marker marker) {
    live.toConversation(
        conversation,
        ServerFrame.newBuilder()
            .setMarker(
                MarkerEvent.newBuilder()
                    .setConversationId(conversation.toString())
                    .setMarker(marker))
            .build());
  }

  void signal(ConversationId conversation, Signal signal) {
    live.toConversation(conversation, ServerFrame.newBuilder().setSignal(signal).build());
  }

  void keyPackagesLow(AccountId account) {
    live.toAccount(
        account,
        ServerFrame.newBuilder()
            .setChanged(Changed.newBuilder().setWhat(Changed.What.WHAT_KEY_PACKAGES))
            .build());
  }

  void accountChanged(AccountId told, AccountId changed) {
    live.toAccount(
        told,
        ServerFrame.newBuilder()
            .setChanged(
                Changed.newBuilder()
                    .setWhat(Changed.What.WHAT_ACCOUNT)
                    .setAccountId(changed.toString()))
            .build());
  }

  private static ServerFrame changed(ConversationId conversation) {
    return ServerFrame.newBuilder()
        .setChanged(
            Changed.newBuilder()
                .setWhat(Changed.What.WHAT_CONVERSATION)
                .setConversationId(conversation.toString()))
        .build();
  }
}
