package crypho.server.notify;

import crypho.base.Personal;
import crypho.server.notify.api.MailQueue.Template;
import crypho.wire.v1.Language;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/// A mail that waits: what it says and to whom. Personal throughout; kept sealed.
record QueuedMail(Template template, Language language, Personal to, Map<String, Personal> places) {
  QueuedMail {
    places = Map.copyOf(places);
  }

  static QueuedMail of(
      Template template, Language language, String to, Map<String, String> places) {
    var kept = new TreeMap<String, Personal>();
    places.forEach((name, value) -> kept.put(name, new Personal("place", value)));
    return new QueuedMail(template, language, Personal.email(to), kept);
  }

  byte[] encode() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeUTF(template.name());
      out.writeUTF(language.name());
      out.writeUTF(to.value());
      out.writeInt(places.size());
      for (var place : places.entrySet()) {
        out.writeUTF(place.getKey());
        out.writeUTF(place.getValue().value());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static QueuedMail decode(byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      var template = Template.valueOf(in.readUTF());
      var language = Language.valueOf(in.readUTF());
      var to = in.readUTF();
      var places = new TreeMap<String, String>();
      for (int left = in.readInt(); left > 0; left--) {
        places.put(in.readUTF(), in.readUTF());
      }
      return of(template, language, to, places);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
