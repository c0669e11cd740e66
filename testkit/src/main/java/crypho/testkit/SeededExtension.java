package crypho.testkit;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/// Runs the tries of a [Seeded] property.
final class SeededExtension implements TestTemplateInvocationContextProvider {
  private static final int SIZE_MAX = 100;

  @Override
  public boolean supportsTestTemplate(ExtensionContext context) {
    return context.getRequiredTestMethod().isAnnotationPresent(Seeded.class);
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
      ExtensionContext context) {
    var replay = System.getenv("SEED");
    if (replay != null) {
      var parts = replay.split(":", -1);
      return Stream.of(new Try(Long.parseLong(parts[0]), Integer.parseInt(parts[1])));
    }
    var method = context.getRequiredTestMethod();
    var tries = tries(method.getAnnotation(Seeded.class));
    long base = method.toGenericString().hashCode();
    return IntStream.range(0, tries)
        .mapToObj(i -> new Try(base * 1_000_003L + i, 1 + i * SIZE_MAX / tries));
  }

  private static int tries(Seeded property) {
    var asked = System.getenv("TRIES");
    return asked == null ? property.tries() : Integer.parseInt(asked);
  }

  private record Try(long seed, int size)
      implements TestTemplateInvocationContext, ParameterResolver {
    @Override
    public String getDisplayName(int index) {
      return seed + ":" + size;
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return List.of(this);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Gen.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return new Gen(seed, size);
    }
  }
}
