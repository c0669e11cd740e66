package crypho.mls;

import crypho.base.Bytes;

/// Names a pre-shared key (RFC 9420 §8.4). Parsed so that it can be refused by name.
public sealed interface PreSharedKeyId {
  int EXTERNAL = 1;
  int RESUMPTION = 2;

  record External(Bytes id, Bytes nonce) implements PreSharedKeyId {}

  record Resumption(int usage, Bytes groupId, long epoch, Bytes nonce) implements PreSharedKeyId {}
}
