package crypho.rtc.ice;

/// What an agent tells its transport. In the order that things happened.
public sealed interface IceEvent {
  /// A client that knows the password has shown itself on this path: packets from it are the
  /// transport's.
  record PathAdded(FiveTuple path) implements IceEvent {}

  /// The path is no longer the transport's.
  record PathRemoved(FiveTuple path) implements IceEvent {}

  /// Packets to the client go here from now on: the first path that was checked, until one is
  /// nominated. After [ConsentLost] it says that the client is back.
  record PathSelected(FiveTuple path, boolean isNominated) implements IceEvent {}

  /// Nothing may be sent to the client any more (RFC 7675 §5.1), until a path is selected again.
  record ConsentLost() implements IceEvent {}

  /// After a restart the client has moved to the new credentials; these are refused from now on.
  record UfragRetired(String ufrag) implements IceEvent {}
}
