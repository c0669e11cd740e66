package crypho.client;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/// A file of docs/protocol/vectors, which Java and TypeScript share. Values are named by their
/// path: `device.unlock_key`.
final class Vectors {
  private final Struct values;

  private Vectors(Struct values) {
    this.values = values;
  }

  static Vectors read(String name) throws IOException {
    var here = Path.of("").toAbsolutePath();
    var root = Files.isDirectory(here.resolve("docs")) ? here : here.resolve("..").normalize();
    var parsed = Struct.newBuilder();
    JsonFormat.parser()
        .merge(Files.readString(root.resolve("docs/protocol/vectors").resolve(name)), parsed);
    return new Vectors(parsed.build());
  }

  Value value(String path) {
    var at = Value.newBuilder().setStructValue(values).build();
    for (var name : path.split("\\.", -1)) {
      at = at.getStructValue().getFieldsOrThrow(name);
    }
    return at;
  }

  String text(String path) {
    return value(path).getStringValue();
  }

  int number(String path) {
    return (int) value(path).getNumberValue();
  }

  byte[] bytes(String path) {
    return hex(text(path));
  }

  static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
