package crypho.mls;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import crypho.base.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;

/// Reads the working group's files.
final class Vectors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Vectors() {}

  static List<JsonNode> all(String file) throws IOException {
    try (var in = Vectors.class.getResourceAsStream("/vectors/mls/" + file)) {
      return elements(JSON.readTree(Objects.requireNonNull(in, file)));
    }
  }

  /// Those of the suite that we use.
  static List<JsonNode> ours(String file) throws IOException {
    return all(file).stream().filter(v -> v.get("cipher_suite").asInt() == Suite.CODE).toList();
  }

  static List<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  static Bytes bytes(JsonNode node, String field) {
    return bytes(node.get(field));
  }

  static Bytes bytes(JsonNode hex) {
    return Bytes.fromHex(hex.asText());
  }
}
