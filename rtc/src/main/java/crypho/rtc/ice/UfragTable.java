package crypho.rtc.ice;

import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.StunReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds whom a connectivity check is for by the fragment before the colon of its USERNAME (RFC
/// 8445 §7.2.2), without allocating. One owner thread.
///
/// Fragments are ours and random, so an attacker can hit long buckets only by chance.
public final class UfragTable<T> {
  private static final int BUCKETS_MIN = 64;

  private final Map<String, Entry<T>> byName = new HashMap<>();
  private @Nullable Entry<T>[] buckets = newBuckets(BUCKETS_MIN);

  private static final class Entry<T> {
    final byte[] ufrag;
    final int hash;
    final T owner;
    @Nullable Entry<T> next;

    Entry(byte[] ufrag, T owner) {
      this.ufrag = ufrag;
      this.hash = hash(ufrag, 0, ufrag.length);
      this.owner = owner;
    }
  }

  /// Adds or replaces.
  public void put(String ufrag, T owner) {
    remove(ufrag);
    var entry = new Entry<T>(ufrag.getBytes(StandardCharsets.US_ASCII), owner);
    byName.put(ufrag, entry);
    if (byName.size() > buckets.length) {
      rehash(2 * buckets.length);
    } else {
      link(entry);
    }
  }

  public void remove(String ufrag) {
    if (byName.remove(ufrag) != null) {
      rehash(buckets.length);
    }
  }

  public int size() {
    return byName.size();
  }

  /// Whom the message names, or null: no USERNAME, no colon, or nobody here.
  public @Nullable T find(StunReader message) {
    if (!message.has(Attribute.USERNAME)) {
      return null;
    }
    var data = message.data();
    int from = message.valueOffset(Attribute.USERNAME);
    int end = from + message.valueLength(Attribute.USERNAME);
    int colon = from;
    while (colon < end && data[colon] != ':') {
      colon++;
    }
    return colon == end ? null : find(data, from, colon);
  }

  private @Nullable T find(byte[] data, int from, int to) {
    if (to - from > IceCredentials.CHARS_MAX) {
      return null;
    }
    int hash = hash(data, from, to);
    for (var entry = buckets[hash & (buckets.length - 1)]; entry != null; entry = entry.next) {
      if (entry.hash == hash && Arrays.equals(entry.ufrag, 0, entry.ufrag.length, data, from, to)) {
        return entry.owner;
      }
    }
    return null;
  }

  private void link(Entry<T> entry) {
    int bucket = entry.hash & (buckets.length - 1);
    entry.next = buckets[bucket];
    buckets[bucket] = entry;
  }

  private void rehash(int size) {
    buckets = newBuckets(size);
    byName.values().forEach(this::link);
  }

  private static int hash(byte[] data, int from, int to) {
    int hash = 0x811c9dc5;
    for (int i = from; i < to; i++) {
      hash = (hash ^ (data[i] & 0xff)) * 0x01000193;
    }
    return hash ^ hash >>> 15;
  }

  @SuppressWarnings("unchecked") // An array of a generic type can be made in no other way.
  private static <T> @Nullable Entry<T>[] newBuckets(int size) {
    return (@Nullable Entry<T>[]) new Entry<?>[size];
  }
}
