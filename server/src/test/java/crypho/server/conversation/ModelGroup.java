package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.CommitBundle;
import crypho.mls.Directory;
import crypho.mls.GroupId;
import crypho.mls.MemberId;
import crypho.wire.v1.CommitRefusal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/// A model of an MLS group, small enough for thousands of worlds: a roster, and a transcript that
/// every commit turns by a hash. Two devices with the same transcript saw the same commits.
final class ModelGroup implements GroupRules {
  /// What the server and every device know of an epoch.
  record State(int generation, long epoch, Bytes transcript, TreeMap<String, AccountId> roster) {
    Bytes encode() {
      return write(out -> {
        out.writeInt(generation);
        out.writeLong(epoch);
        writeBytes(out, transcript);
        out.writeInt(roster.size());
        for (var leaf : roster.entrySet()) {
          out.writeUTF(leaf.getKey());
          writeId(out, leaf.getValue());
        }
      });
    }

    static State decode(Bytes stored) {
      return read(
          stored,
          in -> {
            int generation = in.readInt();
            long epoch = in.readLong();
            var transcript = readBytes(in);
            var roster = new TreeMap<String, AccountId>();
            for (int left = in.readInt(); left > 0; left--) {
              roster.put(in.readUTF(), readId(in));
            }
            return new State(generation, epoch, transcript, roster);
          });
    }

    State after(Commit commit) {
      var next = new TreeMap<>(roster);
      commit.removed().forEach(next::remove);
      commit.added().forEach(member -> next.put(member.device().hex(), member.account()));
      return new State(generation, epoch + 1, hash(transcript, commit.encode()), next);
    }
  }

  /// `base` is the transcript that it builds upon.
  record Commit(
      Bytes base, boolean isExternal, List<MemberId> added, List<String> removed, long nonce) {
    Bytes encode() {
      return write(out -> {
        writeBytes(out, base);
        out.writeBoolean(isExternal);
        out.writeInt(added.size());
        for (var member : added) {
          out.writeUTF(member.device().hex());
          writeId(out, member.account());
        }
        out.writeInt(removed.size());
        for (var device : removed) {
          out.writeUTF(device);
        }
        out.writeLong(nonce);
      });
    }

    static Commit decode(Bytes bytes) {
      return read(
          bytes,
          in -> {
            var base = readBytes(in);
            boolean isExternal = in.readBoolean();
            var added = new ArrayList<MemberId>();
            for (int left = in.readInt(); left > 0; left--) {
              var device = new DeviceId(in.readUTF());
              added.add(new MemberId(readId(in), device));
            }
            var removed = new ArrayList<String>();
            for (int left = in.readInt(); left > 0; left--) {
              removed.add(in.readUTF());
            }
            return new Commit(base, isExternal, added, removed, in.readLong());
          });
    }
  }

  static State first(int generation, MemberId creator, long nonce) {
    var roster = new TreeMap<String, AccountId>();
    roster.put(creator.device().hex(), creator.account());
    var seed = write(out -> out.writeLong(nonce));
    return new State(generation, 0, hash(seed, Bytes.EMPTY), roster);
  }

  static CommitBundle bundle(State base, Commit commit) {
    var next = base.after(commit).encode();
    boolean hasWelcome = !commit.isExternal() && !commit.added().isEmpty();
    return new CommitBundle(commit.encode(), hasWelcome ? next : null, next);
  }

  @Override
  public Judged judge(
      Bytes deliveryState,
      Set<DeviceId> mustGo,
      MemberId submitter,
      CommitBundle bundle,
      Directory directory,
      Instant now) {
    var state = State.decode(deliveryState);
    var commit = Commit.decode(bundle.commit());
    if (!commit.base().equals(state.transcript())) {
      return refused(CommitRefusal.COMMIT_REFUSAL_MALFORMED, List.of());
    }
    if (!directory.isEntitled(submitter.account())) {
      return refused(CommitRefusal.COMMIT_REFUSAL_NOT_A_MEMBER, List.of());
    }
    if (!commit.isExternal() && !state.roster().containsKey(submitter.device().hex())) {
      return refused(CommitRefusal.COMMIT_REFUSAL_NOT_A_MEMBER, List.of());
    }
    for (var member : commit.added()) {
      if (!directory.isRegistered(member, Bytes.EMPTY)) {
        return refused(CommitRefusal.COMMIT_REFUSAL_UNREGISTERED_KEY, List.of());
      }
      if (!directory.isEntitled(member.account())
          && !directory.mayAdd(submitter.account(), member.account())) {
        return refused(CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED, List.of());
      }
    }
    var missing = new ArrayList<MemberId>();
    for (var device : mustGo) {
      if (!commit.isExternal() && !commit.removed().contains(device.hex())) {
        var account = state.roster().get(device.hex());
        if (account != null) {
          missing.add(new MemberId(account, device));
        }
      }
    }
    if (!missing.isEmpty()) {
      return refused(CommitRefusal.COMMIT_REFUSAL_PENDING_REMOVALS, missing);
    }
    var next = state.after(commit);
    if (!next.encode().equals(bundle.groupInfo())) {
      return refused(CommitRefusal.COMMIT_REFUSAL_GROUP_INFO_MISMATCH, List.of());
    }
    return accepted(state, commit, next);
  }

  private static Judged accepted(State state, Commit commit, State next) {
    var removed = new ArrayList<MemberId>();
    for (var device : new HashSet<>(commit.removed())) {
      var account = state.roster().get(device);
      if (account != null && !next.roster().containsKey(device)) {
        removed.add(new MemberId(account, new DeviceId(device)));
      }
    }
    var welcomed =
        commit.isExternal()
            ? List.<DeviceId>of()
            : commit.added().stream().map(MemberId::device).toList();
    return new Judged.Accepted(next.encode(), welcomed, commit.added(), removed);
  }

  @Override
  public Begun begin(
      GroupId group, MemberId creator, Bytes groupInfo, Directory directory, Instant now) {
    var state = State.decode(groupInfo);
    return state.generation() == group.generation()
            && state.roster().size() == 1
            && state.roster().containsKey(creator.device().hex())
        ? new Begun.Accepted(groupInfo, state.epoch())
        : new Begun.Refused(CommitRefusal.COMMIT_REFUSAL_MALFORMED, 0);
  }

  private static Judged refused(CommitRefusal reason, List<MemberId> missing) {
    return new Judged.Refused(reason, 0, missing);
  }

  static Bytes hash(Bytes one, Bytes other) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(one.asBuffer());
      digest.update(other.asBuffer());
      return Bytes.wrap(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private interface Reading<T> {
    T from(DataInputStream in) throws IOException;
  }

  private static Bytes write(Writing writing) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      writing.to(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Bytes.wrap(bytes.toByteArray());
  }

  private static <T> T read(Bytes bytes, Reading<T> reading) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes.toArray()))) {
      return reading.from(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeBytes(DataOutputStream out, Bytes bytes) throws IOException {
    out.writeInt(bytes.size());
    out.write(bytes.toArray());
  }

  private static Bytes readBytes(DataInputStream in) throws IOException {
    return Bytes.wrap(in.readNBytes(in.readInt()));
  }

  private static void writeId(DataOutputStream out, AccountId account) throws IOException {
    out.writeLong(account.value().getMostSignificantBits());
    out.writeLong(account.value().getLeastSignificantBits());
  }

  private static AccountId readId(DataInputStream in) throws IOException {
    return new AccountId(new UUID(in.readLong(), in.readLong()));
  }
}
