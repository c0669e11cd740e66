package crypho.mls;

import static crypho.mls.Vectors.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// What the browser's library really sent (recorded/SOURCE.md) is accepted.
final class RecordedTest {
  /// Knows the keys that the recording shows, and lets everybody in.
  private static final class Recorded implements Directory {
    final Map<MemberId, Bytes> keys = new HashMap<>();

    @Override
    public String domain() {
      return "crypho.test";
    }

    @Override
    public boolean isRegistered(MemberId member, Bytes signatureKey) {
      return signatureKey.equals(keys.computeIfAbsent(member, _ -> signatureKey));
    }

    @Override
    public boolean isEntitled(AccountId account) {
      return true;
    }

    @Override
    public boolean mayAdd(AccountId committer, AccountId account) {
      return true;
    }

    @Override
    public boolean mayRemove(AccountId committer, AccountId account) {
      return true;
    }
  }

  private static JsonNode recording() throws IOException {
    try (var in = RecordedTest.class.getResourceAsStream("/recorded/core-crypto.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    }
  }

  private static MemberId member(String identity) throws DecodeException {
    var ascii = Bytes.wrap(identity.getBytes(StandardCharsets.US_ASCII));
    return ClientIdentity.parse(new Credential.Basic(ascii)).member();
  }

  @Test
  void theBrowsersBundlesAreAccepted() throws IOException, DecodeException {
    var recording = recording();
    var now = Instant.parse(recording.get("recorded").asText());
    var directory = new Recorded();
    var steps = Vectors.elements(recording.get("steps"));
    var founding = steps.getFirst();
    var created =
        assertInstanceOf(
            CreateOutcome.Created.class,
            CommitRules.create(
                GroupId.parse(bytes(recording, "group")),
                member(founding.get("from").asText()),
                bytes(founding, "groupInfo"),
                directory));
    var state = created.state();
    var externals = 0;
    var removals = 0;
    for (var step : steps.subList(1, steps.size())) {
      var welcome = step.get("welcome").isNull() ? null : bytes(step, "welcome");
      var bundle = new CommitBundle(bytes(step, "commit"), welcome, bytes(step, "groupInfo"));
      var submitter = member(step.get("from").asText());
      var outcome =
          assertInstanceOf(
              CommitOutcome.Accepted.class,
              CommitRules.judge(state, submitter, bundle, directory, now));
      assertEquals(submitter, outcome.committer().member());
      assertEquals(bundle.commit(), MlsMessage.decode(bundle.commit()).encode());
      assertNull(TreeRules.defect(outcome.state().tree(), state.groupId().toBytes()));
      state = outcome.state();
      externals += outcome.isExternal() ? 1 : 0;
      removals += outcome.removed().isEmpty() ? 0 : 1;
    }
    assertEquals(steps.size(), state.epoch());
    assertTrue(externals > 0 && removals > 0, "the recording has something of everything");
  }

  @Test
  void theBrowsersKeyPackagesAreValid() throws IOException, DecodeException {
    var recording = recording();
    var now = Instant.parse(recording.get("recorded").asText());
    for (var each : recording.get("keyPackages")) {
      assertInstanceOf(
          KeyPackageOutcome.Valid.class,
          KeyPackageRules.check(
              bytes(each, "message"),
              member(each.get("id").asText()),
              "crypho.test",
              bytes(each, "key"),
              now));
    }
  }
}
